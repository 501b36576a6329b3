import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/cli/errors.ts';
import { loadCheckpoint, saveCheckpoint } from '../../src/cli/run/checkpoints.ts';
import { FormatError } from '../../src/model/format_error.ts';
import { type CheckpointState, readCheckpoint, writeCheckpoint } from '../../src/train/checkpoint.ts';
import { Random } from '../../src/train/random.ts';
import { breakOutputs } from './broken_outputs.ts';
import { FAILURES, type Failure, failFiles } from './failing_files.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { trainOnHost } from './host_training.ts';
import { quietly } from './quietly.ts';
import { inScratch } from './scratch.ts';

// What the file system does to checkpoints and run folders: every call fails once, in every way, and bits flip.

/** A checkpoint of about 10 kB. */
function stateAt(step: number): CheckpointState {
  const random = new Random(step);
  const tensors = () =>
    new Map([['lora.w', { shape: [800], data: Float32Array.from({ length: 800 }, () => random.normal()) }]]);
  const [weights, adamM, adamV] = [tensors(), tensors(), tensors()];
  return { architecture: 'a', step, weights, adamM, adamV, random: null, cursor: step, config: { lr: 1 } };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What the newest sound checkpoint of a run is, and whether older ones were passed over for being broken. */
async function newest(run: string): Promise<{ step: number; passedOver: number }> {
  const lines: string[] = [];
  const found = await loadCheckpoint(
    run,
    (bytes) => readCheckpoint(bytes, 'a'),
    (line) => lines.push(line),
  );
  return { step: found?.step ?? 0, passedOver: lines.length };
}

/** One save over two old checkpoints during which a call fails. @returns what is wrong with the outcome */
async function saveWhileFailing(folder: string, nth: number, failure: Failure): Promise<string | null> {
  const run = await mkdtemp(join(folder, 'save-'));
  for (const step of [1, 2]) await saveCheckpoint(run, step, await writeCheckpoint(stateAt(step)));
  const old = join(run, 'checkpoints', 'step_000000002.safetensors');
  const before = digest(await readFile(old));
  const bytes = await writeCheckpoint(stateAt(3));
  const failing = failFiles(run, nth, failure);
  const error = await saveCheckpoint(run, 3, bytes).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  failing.restore();
  const { step, passedOver } = await newest(run);
  const isHarmless = failure === 'short write';
  if (isHarmless !== (error === null)) return `nobody heard of it, or harm was seen in none: ${error}`;
  if (error && !(error instanceof UserError && /step_\d{9}\.safetensors|checkpoints/.test(error.message)))
    return `the error names no file: ${error}`;
  if (step < (isHarmless ? 3 : 2) || passedOver) return `the newest is ${step}, ${passedOver} broken`;
  return digest(await readFile(old)) === before ? null : 'the old checkpoint has changed';
}

async function everyCallOfASave(figures: Figures, folder: string): Promise<void> {
  const run = await mkdtemp(join(folder, 'count-'));
  for (const step of [1, 2]) await saveCheckpoint(run, step, await writeCheckpoint(stateAt(step)));
  const counting = failFiles(run, 0);
  await saveCheckpoint(run, 3, await writeCheckpoint(stateAt(3)));
  const calls = [...counting.made];
  counting.restore();
  for (const failure of FAILURES) {
    let [kept, tried] = [0, 0];
    for (let nth = 1; nth <= calls.length; nth++) {
      const isWrite = calls[nth - 1]?.startsWith('write');
      if ((failure === 'short write' || failure === 'full disk') && !isWrite) continue;
      tried++;
      const wrong = await saveWhileFailing(folder, nth, failure);
      if (wrong) figures.detail(`${failure} of call ${nth} (${calls[nth - 1]}): ${wrong}`);
      else kept++;
    }
    figures.count(`checkpoint saves with ${failure} at each call`, kept, tried, 'keep the old checkpoint');
  }
}

/** Trains while a call fails, then resumes without. @returns what is wrong; null also where all went well at once */
async function trainWhileFailing(
  folder: string,
  nth: number,
  failure: Failure,
  wanted: string,
): Promise<string | null> {
  const run = await mkdtemp(join(folder, 'run-'));
  const failing = failFiles(run, nth, failure);
  const error = await quietly(() => trainOnHost(join(run, 'out'), 6, 2)).then(
    () => null,
    (thrown: Error) => thrown,
  );
  failing.restore();
  if (error && !(error instanceof UserError)) return `not told to the user: ${error}`;
  if (error && !error.message.includes(run)) return `names no file: ${error.message}`;
  const resumed = await quietly(() => trainOnHost(join(run, 'out'), 6, 2)).catch((e: Error) => e.message);
  const left = (await readdir(run, { recursive: true })).filter((name) => name.endsWith('.tmp'));
  await rm(run, { recursive: true });
  if (resumed !== wanted) return `the resumed run ends as ${resumed}`;
  return left.length ? `left over: ${left.join(', ')}` : null;
}

async function everyCallOfARun(figures: Figures, folder: string, { full }: PartOptions): Promise<void> {
  const counting = failFiles(folder, 0);
  const wanted = await quietly(() => trainOnHost(join(folder, 'whole'), 6, 2));
  const calls = [...counting.made];
  counting.restore();
  for (const failure of FAILURES) {
    let [resumed, tried] = [0, 0];
    for (let nth = 1; nth <= calls.length; nth += full ? 1 : 5) {
      tried++;
      const wrong = await trainWhileFailing(folder, nth, failure, wanted);
      if (wrong) figures.detail(`${failure} at call ${nth} (${calls[nth - 1]}): ${wrong}`);
      else resumed++;
    }
    figures.count(
      `runs with ${failure} at ${full ? 'each' : 'each fifth'} call`,
      resumed,
      tried,
      'resume bit for bit',
    );
  }
}

const isRefused = async (bytes: Uint8Array): Promise<boolean> =>
  readCheckpoint(bytes, 'a').then(
    () => false,
    (error: unknown) => error instanceof FormatError,
  );

async function damagedBytes(figures: Figures, { seed }: PartOptions): Promise<void> {
  const whole = await writeCheckpoint(stateAt(1));
  const random = new Random(`bits ${seed}`);
  let found = 0;
  for (let i = 0; i < 1000; i++) {
    const bytes = whole.slice();
    const [at, bit] = [random.integer(bytes.length), random.integer(8)];
    bytes[at]! ^= 1 << bit;
    if (await isRefused(bytes)) found++;
    else figures.detail(`bit ${bit} of byte ${at}`);
  }
  figures.count('flipped bits of a checkpoint', found, 1000, 'found');
  let cut = 0;
  for (let i = 0; i < 64; i++)
    if (await isRefused(whole.slice(0, Math.floor((i * whole.length) / 64)))) cut++;
  figures.count('checkpoints cut short', cut, 64, 'found');
}

await runPart(async (figures, options) => {
  await inScratch(async (folder) => {
    await everyCallOfASave(figures, folder);
    await everyCallOfARun(figures, folder, options);
    await damagedBytes(figures, options);
    await breakOutputs(figures, folder, options);
  });
});
