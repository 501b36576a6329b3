import { Command, InvalidArgumentError } from 'commander';

/** What a run of the bench is asked for. */
export interface BenchOptions {
  readonly filter: readonly string[];
  readonly repeats: number;
  readonly seconds: number;
  readonly edges: readonly number[];
  /** Longest wait for one answer in seconds: who needs more is shown as unable. */
  readonly patience: number;
  readonly ops: boolean;
  readonly peers: boolean;
  readonly ladder: boolean;
  /** In a browser instead; `edge` is the generator's picture size there. */
  readonly web: boolean;
  /** A page's first use in a browser, and nothing else. */
  readonly firstUse: boolean;
  readonly edge: number;
  readonly frames: boolean;
  readonly list: boolean;
  readonly out: string;
}

const FEWEST = 3;

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

function edge(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 16 || value > 2048 || value % 8)
    throw new InvalidArgumentError('Give a multiple of 8 from 16 to 2048.');
  return value;
}

const edges = (text: string): number[] => text.split(',').map(edge);

/** @throws CommanderError for wrong usage, after it has been told on stderr */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description('time ours, and with --peers other WebGPU libraries on the same device beside it')
    .option('--filter <words>', 'cases whose name holds one of these, separated by commas')
    .option('--repeats <n>', 'runs of each case after the first', number(FEWEST, 1000), 5)
    .option('--seconds <n>', 'stop starting cases when so many seconds have passed', number(1, 86_400), 3600)
    .option('--patience <n>', 'seconds after which a run is given up', number(1, 86_400), 400)
    .option('--edges <px,...>', 'picture sizes of the paper generator', edges, [256])
    .option('--ops', 'time the largest test case of every op, ours alone, instead of the cases', false)
    .option('--peers', 'time onnxruntime, jax-js, tfjs and PyTorch too, where they can', false)
    .option('--ladder', 'time earlier matrix products beside the present one, and nothing else', false)
    .option('--web', 'in a headless Chromium instead, beside onnxruntime-web and jax-js', false)
    .option(
      '--first-use',
      'in a headless Chromium: from nothing to the first frame, and switches of adapters',
      false,
    )
    .option('--edge <px>', 'with --web and --first-use: picture size', edge, 64)
    .option('--no-frames', 'leave out frames end to end')
    .option('--out <folder>', 'where results go', 'bench/results')
    .option('--list', 'print the names of the cases', false)
    .exitOverride();
  const { filter, ...options } = command.parse([...argv], { from: 'user' }).opts();
  return { ...options, filter: filter ? filter.split(',').map((s: string) => s.trim()) : [] } as BenchOptions;
}
