import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AdapterEntry, readAdapterIndex, readQuality } from '../../src/model/adapter_index.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { type Outcome, run } from './run_program.ts';
import { writeSmallBase } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const WEIGHTS = 'adapter_model.safetensors';

await writeSmallBase(folder);

async function succeed(...args: string[]): Promise<Outcome> {
  const outcome = await run(...args);
  assert.is(outcome.code, 0, outcome.err);
  return outcome;
}

const finetune = (...rest: string[]): Promise<Outcome> =>
  succeed(
    ...['finetune', at('run'), '--scenes', 'autumn', '--scene-count', '2', '--held-out', '2'],
    ...['--base', at('base.safetensors'), '--size', '24', '--steps', '4', ...rest],
  );

const types = async (): Promise<string[]> => {
  const { tensors } = readSafetensors(await readFile(at('run', WEIGHTS)));
  return [...new Set([...tensors.values()].map(({ dtype }) => dtype))];
};

const learned = suite('adapters of a fine-tune');
learned.after(() => rm(folder, { recursive: true, force: true }));

learned('f16 by default; the finished run stores it as f32 where that is asked for', async () => {
  await finetune();
  assert.equal(await types(), ['F16']);
  const half = await readFile(at('run', WEIGHTS));
  await finetune('--adapter-dtype', 'f32');
  assert.equal(await types(), ['F32']);
  await succeed('adapter', 'convert', at('run'), at('half'), '--dtype', 'f16');
  assert.equal(await readFile(at('half', WEIGHTS)), half);
  await finetune('--adapter-dtype', 'f16');
  assert.equal(await readFile(at('run', WEIGHTS)), half);
});

learned('quality.json holds what the run printed, and a library lists it', async () => {
  const { out } = await finetune('--fresh');
  const quality = readQuality(await readFile(at('run', 'quality.json')));
  assert.equal([quality.pairs, quality.width, quality.height], [2, 24, 24]);
  const { l1, psnr, ssim } = quality.tuned;
  const row = [l1.toFixed(4), psnr!.toFixed(2), ssim.toFixed(4)].join(' │ +').replaceAll('.', '\\.');
  assert.match(out, new RegExp(`fine-tuned +│ +${row} │`));
  await succeed('adapter', 'library', folder);
  const entries = readAdapterIndex(await readFile(at('index.json')));
  const entry = entries.find(({ files }) => files.weights === `run/${WEIGHTS}`) as AdapterEntry;
  assert.equal(entry.quality, quality);
  assert.equal([entry.name, entry.image_size, entry.train_pairs], ['autumn', 24, 2]);
  assert.is(entry.files.thumbnail, 'run/comparison.png');
});

learned.run();
