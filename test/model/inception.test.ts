import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { foldBatchNorm, InceptionEncoder, inceptionInput } from '../../src/model/inception.ts';
import { inceptionFile } from '../../src/model/inception_spec.ts';
import type { NamedArray } from '../../src/model/safetensors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { assertNear, type Reference, readReference } from './reference/read_reference.ts';

let gpu: Gpu;
let reference: Reference;

test.before(async () => {
  gpu = await Gpu.open();
  reference = await readReference('model', 'inception');
});
test.after(() => gpu.close());

const array = (...shape: number[]): NamedArray => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { dtype: 'F32', shape, data: new Float32Array(size) };
};

for (const [variant, extra] of [
  ['fid', new Map([['fc.weight', array(1008, 128)]])],
  [
    'torchvision',
    new Map([
      ['fc.weight', array(1000, 128)],
      ['AuxLogits.fc.bias', array(1000)],
    ] as const),
  ],
] as const) {
  test(`the ${variant} network gives the pool3 that PyTorch gives`, async () => {
    const file = inceptionFile(new Map<string, NamedArray>([...reference.weights, ...extra]));
    assert.is(file.variant, variant);
    const { shape, data } = reference.input('picture');
    const rgb = Uint8Array.from(data);
    const encoder = await InceptionEncoder.create(gpu, file);
    assert.is(encoder.dimensions, 128);
    const features = await encoder.embed({ height: shape[0]!, width: shape[1]!, rgb });
    encoder.dispose();
    assertNear(features, reference.output(variant), 1e-4);
  });
}

test('the two references differ, so that neither passes for the other', () => {
  const [a, b] = [reference.output('fid').data, reference.output('torchvision').data];
  assert.ok(a.some((v, i) => Math.abs(v - b[i]!) > 0.01));
});

test('a batch norm is taken into the convolution before it', () => {
  const floats = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  const folded = foldBatchNorm(
    new Map([
      ['c.conv.weight', { shape: [2, 1, 1, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['c.bn.weight', floats(2, 1)],
      ['c.bn.bias', floats(0.5, 0)],
      ['c.bn.running_mean', floats(3, 0)],
      ['c.bn.running_var', floats(4 - 0.001, 1 - 0.001)],
    ]),
  );
  assert.equal([...folded.keys()], ['c.weight', 'c.bias']);
  const near = (got: Float32Array, expected: number[]) =>
    got.forEach((v, i) => {
      assert.ok(Math.abs(v - expected[i]!) < 1e-6, `${got}`);
    });
  near(folded.get('c.weight')!.data, [1, 2, 3, 4]);
  near(folded.get('c.bias')!.data, [0.5 - 3, 0]);
});

test('pictures are 299 x 299 values in [-1, 1]', () => {
  const x = inceptionInput({
    width: 2,
    height: 2,
    rgb: new Uint8Array([0, 0, 0, 255, 255, 255].concat([0, 0, 0, 255, 255, 255])),
  });
  assert.is(x.length, 299 * 299 * 3);
  assert.equal([x[0], x[298 * 3], Math.abs(x[149 * 3]!) < 0.01], [-1, 1, true]);
});

test('a file that is no Inception-V3 is refused by the name of its first fault', () => {
  assert.throws(() => inceptionFile(new Map()), /it is not Inception-V3/);
  const name = 'Mixed_6c.branch7x7dbl_4.bn.running_var';
  const without = new Map([...reference.weights].filter(([key]) => key !== name));
  assert.throws(
    () => inceptionFile(without),
    /1 tensors are missing, "Mixed_6c.branch7x7dbl_4.bn.running_var"/,
  );
  const wrong = new Map([
    ...reference.weights,
    ['Mixed_7c.branch1x1.conv.weight', array(20, 16, 1, 1)] as const,
  ]);
  assert.throws(
    () => inceptionFile(wrong),
    /Mixed_7c.branch1x1.conv.weight" is \[20,16,1,1\], .* needs \[20,128,1,1\]/,
  );
});

test.run();
