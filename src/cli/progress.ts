import { type Options, SingleBar } from 'cli-progress';
import { escapeControl } from './errors.ts';

const WINDOW_MS = 30_000;
const PLAIN_INTERVAL_MS = 10_000;

/** The progress of one long piece of work. */
export interface Progress {
  /** Tells how much is done and, if there is something to say, the state of things (`loss 0.12`). */
  update(done: number, note?: string): void;
  stop(): void;
}

/** How to show progress. */
export interface ProgressOptions {
  readonly label: string;
  readonly total: number;
  /** What is done already when the work begins; it does not count for the rate. */
  readonly start?: number;
  /** What is counted, for the rate: `steps`. */
  readonly unit?: string;
  readonly stream?: NodeJS.WriteStream;
  /** Milliseconds now; a test passes its own clock. */
  readonly now?: () => number;
}

/** Shows a bar on a terminal, elsewhere a plain line at the first update, every ten seconds and at the end. */
export function startProgress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr;
  const describe = describer(options);
  return stream.isTTY ? bar(options, stream, describe) : plainLines(options, stream, describe);
}

type Describe = (done: number, note: string) => string;

/** `120/1000 12% 3.4 steps/s ETA 4m 19s loss 0.12`, the rate being that of the last half minute. */
function describer({ total, start = 0, unit = 'items', now = Date.now }: ProgressOptions): Describe {
  const samples = [{ time: now(), done: start }];
  return (done, note) => {
    const time = now();
    samples.push({ time, done });
    while (samples.length > 2 && time - samples[1]!.time > WINDOW_MS) samples.shift();
    const first = samples[0]!;
    const perSecond = time > first.time ? (1000 * (done - first.done)) / (time - first.time) : 0;
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    const eta = perSecond > 0 ? `ETA ${formatDuration((total - done) / perSecond)}` : 'ETA -';
    const rate = `${formatRate(perSecond)} ${unit}/s`;
    return [`${done}/${total}`, `${percent}%`, rate, done < total ? eta : '', escapeControl(note)]
      .filter(Boolean)
      .join(' ');
  };
}

function formatRate(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(2);
}

/** A time for people: `8s`, `4m 19s`, `2h 05m`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${two(whole % 60)}s` : `${whole}s`;
}

function bar(
  { label, total, start = 0 }: ProgressOptions,
  stream: NodeJS.WriteStream,
  describe: Describe,
): Progress {
  const format: Options = { format: '{label} [{bar}] {text}', hideCursor: true, barsize: 24, stream };
  const line = new SingleBar(format);
  line.start(total, start, { label: escapeControl(label), text: '' });
  return {
    update: (done, note = '') => line.update(done, { text: describe(done, note) }),
    stop: () => line.stop(),
  };
}

function plainLines(options: ProgressOptions, stream: NodeJS.WriteStream, describe: Describe): Progress {
  const now = options.now ?? Date.now;
  const label = escapeControl(options.label);
  let printed = Number.NEGATIVE_INFINITY;
  let pending: string | undefined;
  const print = (line: string) => {
    stream.write(`${label} ${line}\n`);
    printed = now();
    pending = undefined;
  };
  return {
    update(done, note = '') {
      pending = describe(done, note);
      if (now() - printed >= PLAIN_INTERVAL_MS || done >= options.total) print(pending);
    },
    stop() {
      if (pending !== undefined) print(pending);
    },
  };
}
