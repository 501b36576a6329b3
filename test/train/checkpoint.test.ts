import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../src/model/format_error.ts';
import { type FloatArray, readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import {
  type CheckpointState,
  readCheckpoint,
  sealCheckpoint,
  writeCheckpoint,
} from '../../src/train/checkpoint.ts';
import { Random } from '../../src/train/random.ts';

function tensors(random: Random, names: string[]): Map<string, FloatArray> {
  const data = () => Float32Array.from({ length: 15 }, () => random.normal());
  return new Map(names.map((name) => [name, { shape: [3, 5], data: data() }]));
}

function someState(): CheckpointState {
  const random = new Random(3);
  return {
    architecture: 'e2gan/tiny',
    step: 1234,
    weights: tensors(random, ['down0.weight', 'down0.bias', 'out.weight']),
    adamM: tensors(random, ['down0.weight']),
    adamV: tensors(random, ['down0.weight']),
    random: random.state,
    cursor: { epoch: 3, position: 17 },
    config: { steps: 2000, prompt: '"e2gan.sha256":"0', rates: [2e-4, 1e-5], resume: null },
  };
}

/** Expects a FormatError, whatever it says, or one that matches. */
async function refuses(bytes: Uint8Array, what: string, message = /./, architecture?: string): Promise<void> {
  const error = await readCheckpoint(bytes, architecture).then(
    () => assert.unreachable(`${what}: accepted`),
    (reason: unknown) => reason,
  );
  assert.instance(error, FormatError, `${what}: ${error}`);
  assert.match((error as FormatError).message, message, what);
}

/** The file with changed metadata. */
function withMetadata(file: Uint8Array, changes: [string, string][]): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = readSafetensors(file);
  return writeSafetensors(tensors, new Map([...metadata, ...changes]));
}

test('a checkpoint comes back equal, and is written again the same', async () => {
  const state = someState();
  const file = await writeCheckpoint(state);
  const again = await readCheckpoint(file, 'e2gan/tiny');
  assert.equal(again.weights, new Map([...state.weights].sort()));
  assert.equal({ ...again, weights: 0 }, { ...state, weights: 0 });
  assert.equal(await writeCheckpoint(again), file);
  assert.is(Random.restore(again.random).next(), Random.restore(state.random).next());
});

test('it is a plain safetensors file at any offset', async () => {
  const file = await writeCheckpoint(someState());
  assert.equal(readSafetensors(file).tensors.get('adamM/down0.weight')!.shape, [3, 5]);
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  assert.is((await readCheckpoint(shifted.subarray(1))).step, 1234);
});

test('1,000 flipped bits are found', async () => {
  const file = await writeCheckpoint(someState());
  const random = new Random('flips');
  for (let i = 0; i < 1000; i++) {
    const [at, bit] = [random.integer(file.length), random.integer(8)];
    const flipped = new Uint8Array(file);
    flipped[at]! ^= 1 << bit;
    await refuses(flipped, `bit ${bit} of byte ${at}`);
  }
});

test('every bit of the digest and around it counts', async () => {
  const file = await writeCheckpoint(someState());
  const at = new TextDecoder('latin1').decode(file).indexOf('"e2gan.sha256":"');
  for (let i = 0; i < 90 * 8; i++) {
    const flipped = new Uint8Array(file);
    flipped[at + (i >> 3)]! ^= 1 << (i & 7);
    await refuses(flipped, `bit ${i & 7} of byte ${at + (i >> 3)}`);
  }
});

test('cut at any length, or longer, it is refused', async () => {
  const file = await writeCheckpoint(someState());
  for (let length = 0; length < file.length; length++)
    await refuses(file.subarray(0, length), `${length} bytes`);
  await refuses(Buffer.concat([file, new Uint8Array(1)]), 'longer', /1 bytes follow/);
});

test('what it is not, it says', async () => {
  const file = await writeCheckpoint(someState());
  await refuses(
    file,
    'architecture',
    /^a checkpoint of "e2gan\/tiny", not of "e2gan\/small"$/,
    'e2gan/small',
  );
  const newer = withMetadata(file, [['e2gan.checkpoint', '2']]);
  await refuses(newer, 'a version that was not written', /damaged: wrong SHA-256/);
  await sealCheckpoint(newer);
  await refuses(newer, 'newer', /checkpoint version 2, .* up to 1: update it/);
  await refuses(
    withMetadata(file, [['e2gan.checkpoint', 'x']]),
    'no number',
    /not a checkpoint, though a safetensors/,
  );
  await refuses(withMetadata(file, [['e2gan.step', '7']]), 'other step', /damaged: wrong SHA-256/);
  await refuses(withMetadata(file, [['e2gan.sha256', '']]), 'no digest', /damaged: no readable SHA-256/);
  await refuses(writeSafetensors(new Map()), 'other file', /not a checkpoint, though a safetensors file/);
  await refuses(new TextEncoder().encode('PK\u0003\u0004....'), 'zip', /a zip archive/);
});

test('a state that is not finite is not written', async () => {
  const state = someState();
  state.adamV.get('down0.weight')!.data[4] = Number.NaN;
  const error = await writeCheckpoint(state).catch((reason: Error) => reason);
  assert.match(String(error), /"adamV\/down0.weight" holds NaN at element 4/);
});

test.run();
