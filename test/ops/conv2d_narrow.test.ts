import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ShapeError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { type ConvOptions, conv2d } from '../../src/runtime/ops/conv2d.ts';
import { product } from '../../src/runtime/shape.ts';
import { conv2dReference } from './conv2d.ts';
import { normals, type Values } from './spec.ts';

// Without a tape conv2d/narrow reads the border in place; with one, the specs cover it.

const gpus: Gpu[] = [];
test.before(async () => {
  gpus.push(await Gpu.open(), await Gpu.open({ family: 'plain' }));
});
test.after(() => {
  for (const gpu of gpus) gpu.close();
});

type Shape4 = readonly [number, number, number, number];

const drawn = (draw: () => number, shape: readonly number[]): Values => ({
  shape,
  data: Float64Array.from({ length: product(shape) }, () => Math.fround(draw())),
});

async function program(gpu: Gpu, x: readonly number[], w: readonly number[], options: ConvOptions) {
  return gpu.compile(() => {
    const bias = gpu.input('bias', [w[3]!]);
    return { y: conv2d(null, gpu.input('x', x), gpu.input('w', w), bias, options) };
  });
}

/** Names of the kernels that a frame would launch. */
async function kernels(gpu: Gpu, x: Shape4, w: Shape4, options: ConvOptions): Promise<string[]> {
  const made = await program(gpu, x, w, options);
  const names = made.each.map(({ launch }) => launch.kernel.name);
  made.dispose();
  return names;
}

const CASES: readonly { x: Shape4; w: Shape4; options: ConvOptions }[] = [
  { x: [1, 6, 34, 5], w: [7, 7, 5, 3], options: { padding: [3, 3], paddingMode: 'reflect' } },
  { x: [2, 5, 7, 4], w: [3, 5, 4, 6], options: { padding: [4, 6], paddingMode: 'reflect' } },
  { x: [2, 4, 9, 3], w: [3, 3, 3, 1], options: { padding: [2, 5], paddingMode: 'replicate' } },
  { x: [1, 3, 18, 2], w: [2, 4, 2, 13], options: { padding: [3, 18], paddingMode: 'circular' } },
  { x: [1, 1, 1, 1], w: [3, 3, 1, 2], options: { padding: [2, 2] } },
];

for (const { x, w, options } of CASES) {
  test(`conv2d without a tape: ${JSON.stringify({ x, w, ...options })}`, async () => {
    const draw = normals(product(x) + w[3]);
    const values = { x: drawn(draw, x), w: drawn(draw, w), bias: drawn(draw, [w[3]]) };
    const want = conv2dReference(values.x, values.w, values.bias, options).data;
    const scale = Math.sqrt(want.reduce((sum, v) => sum + v * v, 0) / want.length);
    for (const gpu of gpus) {
      const made = await program(gpu, x, w, options);
      const data = { x: values.x.data, w: values.w.data, bias: values.bias.data };
      const { y } = await made.run(data);
      const again = await made.run(data);
      assert.equal(Buffer.from(y!.buffer), Buffer.from(again.y!.buffer), 'two runs differ');
      assert.is(y!.length, want.length);
      y!.forEach((v, i) => {
        assert.ok(Math.abs(v - want[i]!) <= 1e-5 * scale, `y[${i}] is ${v}, the reference ${want[i]}`);
      });
      made.dispose();
    }
  });
}

test('conv2d/narrow serves few output channels on software devices, and no forced family', async () => {
  const [free, plain] = gpus as [Gpu, Gpu];
  if (!free.features.software || free.features.subgroupSize < 4) return;
  const reflect = { padding: [3, 3], paddingMode: 'reflect' } as const;
  assert.equal(await kernels(free, [1, 8, 8, 4], [7, 7, 4, 32], reflect), ['conv2d/narrow']);
  assert.equal(await kernels(plain, [1, 8, 8, 4], [7, 7, 4, 8], reflect), [
    'pad2d/forward',
    'conv2d/forward',
  ]);
  for (const [w, options] of [
    [[3, 3, 4, 17], {}],
    [[7, 7, 4, 33], {}],
    [[3, 1, 4, 3], {}],
    [[3, 3, 4, 3], { stride: [2, 1] }],
    [[3, 3, 4, 3], { dilation: [1, 2] }],
  ] as const)
    assert.equal(
      await kernels(free, [1, 8, 8, 4], w, options),
      ['conv2d/forward'],
      JSON.stringify({ w, ...options }),
    );
});

test('conv2d without a tape: a border too wide for its mode is refused', async () => {
  const wide = { padding: [3, 8], paddingMode: 'reflect' } as const;
  for (const gpu of gpus) {
    try {
      await program(gpu, [1, 8, 8, 4], [3, 3, 4, 3], wide);
      assert.unreachable('it was traced');
    } catch (error) {
      assert.instance(error, ShapeError);
    }
  }
});

test.run();
