import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clipText, clipVision } from '../../src/model/clip_spec.ts';
import { ClipTextEncoder } from '../../src/model/clip_text.ts';
import { ClipVisionEncoder, clipInput } from '../../src/model/clip_vision.ts';
import { resampleSquare } from '../../src/model/resample.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { assertNear, type Reference, readReference } from './reference/read_reference.ts';

const TOLERANCE = 1e-4;

let gpu: Gpu;
let reference: Reference;

test.before(async () => {
  gpu = await Gpu.open();
  reference = await readReference('model', 'clip');
});
test.after(() => gpu.close());

test('the text tower gives what PyTorch gives, tokens and pooled', async () => {
  const encoder = await ClipTextEncoder.create(gpu, clipText(reference.weights, 4));
  const ids = [...reference.input('ids').data];
  const { tokens, pooled } = await encoder.encode({ ids, end: ids.indexOf(Math.max(...ids)) });
  encoder.dispose();
  assertNear(tokens, reference.output('tokens'), TOLERANCE);
  assertNear(pooled, reference.output('pooled'), TOLERANCE);
});

test('a text tower without a projection pools the state of the end token', async () => {
  const own = [...reference.weights].filter(([name]) => name !== 'text_projection.weight');
  const encoder = await ClipTextEncoder.create(gpu, clipText(new Map(own), 4));
  const { tokens, pooled } = await encoder.encode({ ids: [...reference.input('ids').data], end: 9 });
  encoder.dispose();
  assert.equal(pooled, tokens.slice(9 * 32, 10 * 32));
});

test('the image tower gives what PyTorch gives', async () => {
  const encoder = await ClipVisionEncoder.create(gpu, clipVision(reference.weights, 3));
  assert.equal([encoder.size, encoder.dimensions], [32, 24]);
  const embedding = await encoder.embed(Float32Array.from(reference.input('pixels').data));
  encoder.dispose();
  assertNear(embedding, reference.output('embedding'), TOLERANCE);
});

test('pictures are resampled as torch does it', () => {
  const { data, shape } = reference.input('picture');
  const picture = { height: shape[0]!, width: shape[1]!, rgb: data };
  for (const kind of ['bicubic', 'bilinear'] as const)
    for (const size of [7, 40])
      assertNear(resampleSquare(picture, size, kind), reference.output(`${kind}.${size}`), TOLERANCE);
});

test('a grey picture becomes CLIP\u2019s normalised grey', () => {
  const grey = { width: 9, height: 9, rgb: new Uint8Array(243).fill(51) };
  const x = clipInput(grey, 4);
  assert.is(x.length, 48);
  assert.ok(Math.abs(x[0]! - (0.2 - 0.48145466) / 0.26862954) < 1e-6);
  assert.ok(Math.abs(x[47]! - (0.2 - 0.40821073) / 0.27577711) < 1e-6);
});

test('a file that is no such tower is refused by the name of its first fault', () => {
  const without = (name: string) => new Map([...reference.weights].filter(([key]) => key !== name));
  const changed = (name: string, shape: number[]) =>
    new Map([...reference.weights, [name, { ...reference.weights.get(name)!, shape }] as const]);
  assert.throws(() => clipText(new Map(), 4), /token_embedding.*not CLIP as Hugging Face names it/);
  const q = 'text_model.encoder.layers.1.self_attn.q_proj.weight';
  assert.throws(() => clipText(without(q), 4), /1 tensors are missing, "text_model.encoder.layers.1.*q_proj/);
  assert.throws(() => clipText(changed(q, [16, 64]), 4), /q_proj.weight" is \[16,64\], .* needs \[32,32\]/);
  assert.throws(() => clipText(reference.weights), /0.5 heads do not share a width of 32/);
  assert.throws(() => clipVision(without('visual_projection.weight'), 3), /visual_projection/);
});

test('an id beyond the vocabulary is refused', async () => {
  const encoder = await ClipTextEncoder.create(gpu, clipText(reference.weights, 4));
  try {
    await encoder.encode({ ids: [96], end: 0 });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /token 96 is beyond its vocabulary of 96/);
  } finally {
    encoder.dispose();
  }
});

test.run();
