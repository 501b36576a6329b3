import { minibatchStd } from '../../src/model/minibatch_std.ts';
import { type Modulation, modulatedConv } from '../../src/model/modulated_conv.ts';
import { blur, upsample } from '../../src/model/resample_filter.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { convTranspose2dReference } from '../ops/conv_transpose2d.ts';
import { conv2dReference } from '../ops/conv2d.ts';
import { runSpecs } from '../ops/run_specs.ts';
import { at, opSpec, type Values, zeros } from '../ops/spec.ts';

/** The filter [1, 3, 3, 1] both ways for one channel, times a gain. */
const filter = (gain: number): Values => ({
  shape: [4, 4, 1, 1],
  data: Float64Array.from({ length: 16 }, (_, i) => (gain * taps[i >> 2]! * taps[i & 3]!) / 64),
});
const taps = [1, 3, 3, 1];

/** Applies `f` to each picture and channel alone, `[1, h, w, 1]`. */
function eachPlane(x: Values, f: (plane: Values) => Values): Values {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  let y: Values | undefined;
  for (let b = 0; b < n; b++)
    for (let k = 0; k < c; k++) {
      const plane = zeros([1, h, w, 1]);
      for (let p = 0; p < h * w; p++) plane.data[p] = x.data[(b * h * w + p) * c + k]!;
      const out = f(plane);
      const [, oh, ow] = out.shape as [number, number, number];
      y ??= zeros([n, oh, ow, c]);
      for (let p = 0; p < oh * ow; p++) y.data[(b * oh * ow + p) * c + k] = out.data[p]!;
    }
  return y!;
}

const blurred = (x: Values, padding: number, gain: number): Values =>
  eachPlane(x, (p) => conv2dReference(p, filter(gain), null, { padding: [padding, padding] }));

/** Zeros between the pixels, two pixels of zeros before and one after, then the filter: upfirdn2d's words. */
function upsampled(x: Values): Values {
  return eachPlane(x, (plane) => {
    const [, h, w] = plane.shape as [number, number, number];
    const spread = zeros([1, 2 * h + 3, 2 * w + 3, 1]);
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++)
        spread.data[at(spread.shape, 0, 2 * i + 2, 2 * j + 2, 0)] = plane.data[i * w + j]!;
    return conv2dReference(spread, filter(4), null, {});
  });
}

interface ResampleCase {
  readonly x: Shape;
}

const upsampleSpec = opSpec<ResampleCase>({
  name: 'upsample',
  cases: [{ x: [1, 4, 4, 3] }, { x: [2, 5, 3, 9] }],
  inputs: ({ x }) => ({ x }),
  run: (tape, _c, { x }) => upsample(tape, x!),
  reference: (_c, { x }) => upsampled(x!),
  tolerance: { forward: 1e-6, grad: 2e-6 },
  flops: ({ x }) => 32 * product(x),
});

const blurSpec = opSpec<ResampleCase & { padding: number; gain: number }>({
  name: 'blur',
  cases: [
    { x: [1, 8, 8, 4], padding: 2, gain: 1 },
    { x: [2, 5, 7, 3], padding: 1, gain: 4 },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, { padding, gain }, { x }) => blur(tape, x!, padding, gain),
  reference: ({ padding, gain }, { x }) => blurred(x!, padding, gain),
  tolerance: { forward: 1e-6, grad: 2e-6 },
  flops: ({ x }) => 32 * product(x),
});

interface ModulatedCase extends Modulation {
  readonly x: readonly [number, number, number, number];
  readonly k: number;
  readonly cout: number;
}

/** A weight for each picture, made and used alone: equations 1 to 3 of the paper. */
function modulatedReference(c: ModulatedCase, x: Values, w: Values, style: Values): Values {
  const [n, h, width, cin] = c.x;
  const [, , a, b] = w.shape as [number, number, number, number];
  const edges = c.up ? [2 * h, 2 * width] : [h, width];
  const y = zeros([n, ...edges, c.cout]);
  for (let p = 0; p < n; p++) {
    const own = zeros(w.shape);
    const lengths = new Float64Array(c.cout);
    const channels = (j: number) => [Math.floor(j / b) % a, j % b] as const;
    for (let j = 0; j < own.data.length; j++) {
      const [i, o] = c.up ? channels(j).toReversed() : channels(j);
      own.data[j] = (w.data[j]! * style.data[p * cin + i!]!) / Math.sqrt(c.k * c.k * cin);
      lengths[o!]! += own.data[j]! ** 2;
    }
    if (c.demodulate)
      for (let j = 0; j < own.data.length; j++)
        own.data[j]! /= Math.sqrt(lengths[channels(j)[c.up ? 0 : 1]]! + 1e-8);
    const size = h * width * cin;
    const picture = { shape: [1, h, width, cin], data: x.data.slice(p * size, (p + 1) * size) };
    const pad = (c.k - 1) / 2;
    const out = c.up
      ? blurred(convTranspose2dReference(picture, own, null, { stride: [2, 2] }), 1, 4)
      : conv2dReference(picture, own, null, { padding: [pad, pad] });
    y.data.set(
      out.data.map((v) => c.gain * v),
      p * out.data.length,
    );
  }
  return y;
}

const modulatedSpec = opSpec<ModulatedCase>({
  name: 'modulated convolution',
  cases: [
    { x: [2, 4, 4, 8], k: 3, cout: 5, up: false, demodulate: true, gain: Math.SQRT2 },
    { x: [2, 3, 4, 6], k: 3, cout: 8, up: true, demodulate: true, gain: 1 },
    { x: [3, 5, 5, 8], k: 1, cout: 3, up: false, demodulate: false, gain: 1 },
  ],
  inputs: ({ x, k, cout, up }) => ({
    x,
    w: up ? [k, k, cout, x[3]] : [k, k, x[3], cout],
    style: [x[0], x[3]],
  }),
  run: (tape, c, { x, w, style }) => modulatedConv(tape, x!, w!, style!, c),
  reference: (c, { x, w, style }) => modulatedReference(c, x!, w!, style!),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, k, cout }) => 2 * product(x) * k * k * cout,
});

interface StdCase {
  readonly x: readonly [number, number, number, number];
  readonly group: number;
}

/** The spread of each group, by its definition. */
function spreads({ x: [n, h, w, c], group }: StdCase, data: Float64Array): number[] {
  const groups = n / group;
  const size = h * w * c;
  return Array.from({ length: n }, (_, picture) => {
    const members = Array.from({ length: group }, (_, g) => g * groups + (picture % groups));
    let total = 0;
    for (let j = 0; j < size; j++) {
      const values = members.map((m) => data[m * size + j]!);
      const mean = values.reduce((s, v) => s + v, 0) / group;
      total += Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / group + 1e-8);
    }
    return total / size;
  });
}

/** x with one more channel, the same for all pixels of a picture. */
function beside({ x: [n, h, w, c] }: StdCase, data: Float64Array, extra: readonly number[]): Values {
  const y = zeros([n, h, w, c + 1]);
  for (let p = 0; p < n * h * w; p++) {
    y.data.set(data.subarray(p * c, (p + 1) * c), p * (c + 1));
    y.data[p * (c + 1) + c] = extra[Math.floor(p / (h * w))]!;
  }
  return y;
}

const stdCases: StdCase[] = [
  { x: [4, 2, 2, 5], group: 4 },
  { x: [8, 1, 2, 4], group: 4 },
  { x: [6, 2, 1, 3], group: 3 },
  { x: [2, 4, 4, 8], group: 2 },
];

const stdSpec = opSpec<StdCase>({
  name: 'minibatch standard deviation',
  cases: stdCases,
  inputs: ({ x }) => ({ x }),
  run: (tape, _c, { x }) => minibatchStd(tape, { value: x!, tangent: null }).value,
  reference: (c, { x }) => beside(c, x!.data, spreads(c, x!.data)),
  tolerance: { forward: 2e-6, grad: 1e-5 },
  flops: ({ x }) => 8 * product(x),
});

// Steps of the reference's own differences.
const H = 1e-5;

const stdTangentSpec = opSpec<StdCase>({
  name: 'tangent of the minibatch standard deviation',
  // Of two pictures the deviation is |d|, whose kink the differences would meet.
  cases: stdCases.filter(({ group }) => group > 2),
  inputs: ({ x }) => ({ x, tangent: x }),
  run: (tape, _c, { x, tangent }) => minibatchStd(tape, { value: x!, tangent: tangent! }).tangent!,
  reference: (c, { x, tangent }) => {
    const moved = (s: number) =>
      spreads(
        c,
        x!.data.map((v, i) => v + s * tangent!.data[i]!),
      );
    const [above, below] = [moved(H), moved(-H)];
    return beside(
      c,
      tangent!.data,
      above.map((v, i) => (v - below[i]!) / (2 * H)),
    );
  },
  tolerance: { forward: 1e-5, grad: 1e-3 },
  flops: ({ x }) => 16 * product(x),
});

runSpecs([upsampleSpec, blurSpec, modulatedSpec, stdSpec, stdTangentSpec]);
