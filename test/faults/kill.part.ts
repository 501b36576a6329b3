import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../src/train/random.ts';
import { writeSmallBase } from '../cli/small_base.ts';
import { KILLS } from './failing_files.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { inScratch } from './scratch.ts';

// kill -9, at random moments and inside the writing of a checkpoint; what is resumed must end with the same bits.

const HOST = fileURLToPath(new URL('./host_training.child.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../cli.mjs', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly killed: boolean;
  readonly out: string;
  readonly err: string;
}

type Child = ReturnType<typeof spawn>;

/** Runs Node; `kill` is given the child as soon as it lives. */
function node(args: readonly string[], kill: (child: Child) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (part) => {
    text.out += part;
  });
  child.stderr.on('data', (part) => {
    text.err += part;
  });
  kill(child);
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, killed: signal === 'SIGKILL', ...text })),
  );
}

const STEPS = 60;
const EVERY = 3;
const train = (out: string) => [HOST, out, String(STEPS), String(EVERY)];

/** Kills a run at random moments, then lets it end. @returns kills */
async function killAtRandom(out: string, wholeMs: number, random: Random): Promise<number> {
  let kills = 0;
  for (let tries = 0; tries < 3; tries++) {
    const { killed } = await node(train(out), (child) => {
      setTimeout(() => child.kill('SIGKILL'), random.next() * wholeMs);
    });
    if (killed) kills++;
  }
  return kills;
}

async function randomMoments(figures: Figures, folder: string, { full, seed }: PartOptions): Promise<string> {
  const begin = performance.now();
  const whole = await node(train(join(folder, 'whole')));
  const ms = performance.now() - begin;
  const random = new Random(`kill ${seed}`);
  const wanted = full ? 200 : 6;
  let [kills, equal] = [0, 0];
  while (kills < wanted) {
    const out = await mkdtemp(join(folder, 'random-'));
    const made = await killAtRandom(out, ms, random);
    kills += made;
    const { out: digest, err } = await node(train(out));
    if (digest === whole.out) equal += made;
    else figures.detail(`after ${made} kills: ${digest || err}`);
  }
  figures.count('kill -9 at random moments of a training on the host', equal, kills, 'resumed bit for bit');
  return whole.out;
}

/** Every call of the second and third save, before, within and after it. */
async function aimed(figures: Figures, folder: string, digest: string, { full }: PartOptions): Promise<void> {
  const [first, last] = [12, 40];
  const aims = KILLS.flatMap((kill) =>
    Array.from({ length: last - first }, (_, i) => [first + i, kill] as const),
  );
  let [equal, kills] = [0, 0];
  for (const [i, [nth, kill]] of aims.entries()) {
    if (!full && i % 9) continue;
    const out = await mkdtemp(join(folder, 'aimed-'));
    const { killed } = await node([...train(out), join(out, 'checkpoints'), String(nth), kill]);
    // Only writes have a middle.
    if (!killed) continue;
    kills++;
    const { out: found, err } = await node(train(out));
    if (found === digest) equal++;
    else figures.detail(`${kill} call ${nth}: ${found || err}`);
  }
  figures.count('kill -9 inside the writing of a checkpoint', equal, kills, 'resumed bit for bit');
}

const FILES = ['adapter_model.safetensors', 'adapter_config.json'];
const REAL_STEPS = 300;
const finetune = (base: string, out: string) => [
  ...[
    PROGRAM,
    'finetune',
    out,
    '--scenes',
    'autumn',
    '--scene-count',
    '5',
    '--held-out',
    '2',
    '--base',
    base,
  ],
  ...['--size', '24', '--steps', String(REAL_STEPS), '--save-every', '7', '--preview-every', '1000'],
  // Rounded to f16, two adapters could be equal that are not.
  ...['--adapter-dtype', 'f32'],
];

/** Steps that a run has written down. */
const stepsIn = (out: string): number => {
  const path = join(out, 'metrics.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
};

/** Sends the child a signal some steps after its first; `sent` hears of it. */
const killAfter =
  (out: string, steps: number, signal: NodeJS.Signals = 'SIGKILL', sent: () => void = () => {}) =>
  (child: Child) => {
    let from: number | undefined;
    const timer = setInterval(() => {
      const done = stepsIn(out);
      if (from === undefined || done < from) from = done;
      if (done <= from + steps) return;
      child.kill(signal);
      sent();
      clearInterval(timer);
    }, 5);
    child.on('close', () => clearInterval(timer));
  };

/** Whether two runs have made the same adapter. */
async function sameAdapter(a: string, b: string): Promise<boolean> {
  const read = (folder: string) =>
    Promise.all(FILES.map((name) => readFile(join(folder, name)).catch(() => null)));
  const [of, other] = [await read(a), await read(b)];
  return of.every((bytes, i) => bytes && other[i] && bytes.equals(other[i]));
}

/** Milliseconds of a step in a whole run: the longest time between two lines of its log. */
async function longestStep(base: string, out: string): Promise<number> {
  const times: number[] = [];
  await node(finetune(base, out), (child) => {
    let seen = 0;
    const timer = setInterval(() => {
      const done = stepsIn(out);
      if (done > seen) times.push(performance.now());
      seen = done;
    }, 5);
    child.on('close', () => clearInterval(timer));
  });
  return Math.max(...times.slice(1).map((time, i) => time - times[i]!));
}

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** What saves first and says so by its exit code. */
async function signals(
  figures: Figures,
  folder: string,
  whole: string,
  stepMs: number,
  { full, seed }: PartOptions,
): Promise<void> {
  const base = join(folder, 'base.safetensors');
  const random = new Random(`signals ${seed}`);
  let [left, equal, sent, slowest] = [0, 0, 0, 0];
  for (let i = 0; i < (full ? 25 : 1); i++) {
    const out = join(folder, `stopped-${i}`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      sent++;
      let at = 0;
      const hear = () => {
        at = performance.now();
      };
      const ended = await node(finetune(base, out), killAfter(out, random.integer(20), signal, hear));
      slowest = Math.max(slowest, performance.now() - at);
      if (ended.code === CODES[signal]) left++;
      else figures.detail(`${signal}: exit code ${ended.code}: ${ended.err.split('\n').at(-2)}`);
    }
    await node(finetune(base, out));
    if (await sameAdapter(out, whole)) equal += 2;
  }
  figures.count('SIGINT and SIGTERM during a training', left, sent, 'left with their code');
  figures.atMost(
    'the slowest of them, from the signal to the end',
    slowest,
    2000 + Math.round(stepMs),
    'ms, 2 s and a step',
  );
  figures.count('and after a resume', equal, sent, 'ended with the same bits');
}

async function wholeProgram(figures: Figures, folder: string, options: PartOptions): Promise<void> {
  const { full, seed } = options;
  const base = join(folder, 'base.safetensors');
  await writeSmallBase(base);
  const whole = join(folder, 'program');
  const stepMs = await longestStep(base, whole);
  await signals(figures, folder, whole, stepMs, options);
  const random = new Random(`program ${seed}`);
  const perRun = full ? 10 : 2;
  let [kills, equal] = [0, 0];
  for (let run = 0; run < (full ? 5 : 1); run++) {
    const out = join(folder, `broken-${run}`);
    let made = 0;
    for (let tries = 0; made < perRun && tries < 3 * perRun; tries++) {
      const steps = Math.floor((random.next() * 0.8 * REAL_STEPS) / perRun);
      if ((await node(finetune(base, out), killAfter(out, steps))).killed) made++;
    }
    const { err } = await node(finetune(base, out));
    kills += made;
    if (await sameAdapter(out, whole)) equal += made;
    else figures.detail(`the adapter differs after ${made} kills: ${err.split('\n').at(-2)}`);
  }
  figures.count('kill -9 at random steps of the whole program', equal, kills, 'resumed bit for bit');
}

await runPart((figures, options) =>
  inScratch(async (folder) => {
    const digest = await randomMoments(figures, folder, options);
    await aimed(figures, folder, digest, options);
    await wholeProgram(figures, folder, options);
  }),
);
