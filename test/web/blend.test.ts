import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AdapterBlend, blendCapacity, sumAdapters } from '../../src/model/adapter_blend.ts';
import { writeAdapter } from '../../src/model/adapter_file.ts';
import { Editor } from '../../src/model/editor.ts';
import { FormatError } from '../../src/model/format_error.ts';
import { hashedPrompt } from '../../src/model/text.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { open } from '../../src/web/index.ts';
import { randomAdapter, SMALL, smallBase, smallWeights } from './small_base.ts';

const EDGE = 32;
const picture = {
  width: EDGE,
  height: EDGE,
  rgb: Uint8Array.from({ length: EDGE * EDGE * 3 }, (_, i) => (i * 37) % 256),
};
const ink = randomAdapter(1, 'ink');
const fog = randomAdapter(2, 'fog');

function bytesApart(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, byte, i) => Math.max(most, Math.abs(byte - b[i]!)), 0);
}

const filterWith = async () => {
  const filter = await open({ size: EDGE });
  await filter.loadBase(smallBase(7));
  filter.setAdapter('ink', ink, 0);
  filter.setAdapter('fog', fog, 0);
  return filter;
};

test('a filter edits as the Editor does, adapter by adapter and blended, without compiling again', async () => {
  const gpu = await Gpu.open();
  const filter = await filterWith();
  let previous: Uint8Array | null = null;
  for (const [a, b] of [
    [1, 0],
    [0, 1],
    [0.6, -0.3],
    [1, 0],
  ] as const) {
    filter.strengths({ ink: a, fog: b });
    const got = await filter.edit(picture);
    const [wa, wb] = [Math.abs(a) / (Math.abs(a) + Math.abs(b)), Math.abs(b) / (Math.abs(a) + Math.abs(b))];
    const [pa, pb] = ['make it ink', 'make it fog'].map((p) => hashedPrompt(p, SMALL.context));
    const context = pa!.map((v, i) => wa * v + wb * pb![i]!);
    const strong = [
      { adapter: ink, strength: a },
      { adapter: fog, strength: b },
    ];
    const editor = await Editor.create(gpu, SMALL, smallWeights(7), strong, context, EDGE, EDGE);
    const wanted = await editor.edit(picture);
    editor.dispose();
    assert.ok(bytesApart(got.rgb, wanted.rgb) <= 1, `${a}, ${b}: ${bytesApart(got.rgb, wanted.rgb)}`);
    assert.ok(!previous || bytesApart(got.rgb, previous) > 8, 'strengths change the picture');
    previous = got.rgb;
  }
  filter.dispose();
  gpu.close();
});

test('more adapters than there is room for are taken in by compiling again', async () => {
  const filter = await filterWith();
  await filter.edit(picture);
  const names = Array.from({ length: 6 }, (_, i) => `more ${i}`);
  for (const [i, name] of names.entries()) filter.setAdapter(name, randomAdapter(10 + i, name), 0.2);
  const many = await filter.edit(picture);
  const { buffers } = filter.stats;
  const files = filter.exportBlend('all');
  for (const name of names) filter.removeAdapter(name);
  await filter.loadAdapter(
    { config: files['adapter_config.json']!, weights: files['adapter_model.safetensors']! },
    { name: 'sum' },
  );
  await filter.edit(picture);
  assert.is(filter.stats.buffers, buffers, 'another set within the room makes nothing');
  assert.ok(many.rgb.length > 0);
  filter.dispose();
});

test('an exported blend does what its parts did together', async () => {
  const gpu = await Gpu.open();
  const context = hashedPrompt('both', SMALL.context);
  const strong = [
    { adapter: ink, strength: 0.7 },
    { adapter: fog, strength: -0.5 },
  ];
  const sum = sumAdapters(strong, new Map());
  const edits = [];
  for (const adapters of [strong, [{ adapter: sum, strength: 1 }]]) {
    const editor = await Editor.create(gpu, SMALL, smallWeights(7), adapters, context, EDGE, EDGE);
    edits.push((await editor.edit(picture)).rgb);
    editor.dispose();
  }
  assert.ok(bytesApart(edits[0]!, edits[1]!) <= 1);
  assert.throws(() => sumAdapters([{ adapter: ink, strength: 0 }], new Map()), /no adapter takes part/);
  assert.ok(writeAdapter(sum)['adapter_model.safetensors'].length > 0);
  gpu.close();
});

test('a blend refuses what it has no room for', async () => {
  const gpu = await Gpu.open();
  const blend = new AdapterBlend(gpu, SMALL, blendCapacity(SMALL, []));
  const six = Array.from({ length: 6 }, () => ({ adapter: ink, strength: 1 }));
  assert.not(blend.fits(six));
  assert.throws(
    () => blend.set(six),
    (e: Error) => e instanceof FormatError,
  );
  blend.dispose();
  gpu.close();
});

test('a filter says what is wrong with names, strengths, sizes and files', async () => {
  const filter = await filterWith();
  assert.throws(() => filter.strengths({ oil: 1 }), /no adapter oil; there are ink, fog/);
  assert.throws(() => filter.strengths({ ink: Number.NaN }), /from -4 to 4/);
  assert.throws(() => filter.strengths({ ink: 5 }), /from -4 to 4/);
  const reason = (promise: Promise<unknown>) =>
    promise.then(
      () => '',
      (e: Error) => e.message,
    );
  assert.match(await reason(open({ size: 30 })), /multiple of 8/);
  assert.match(await reason(filter.loadBase(smallBase(7).slice(0, 2000))), /the file/);
  assert.match(await reason(filter.loadBase(new TextEncoder().encode('<!doctype html>'))), /web page/);
  assert.match(await reason(filter.edit({ ...picture, width: 16 })), /this filter takes 32x32/);
  filter.dispose();
  assert.match(await reason(filter.edit(picture)), /was closed/);
});

test.run();
