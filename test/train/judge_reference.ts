import { type ComodganConfig, resolutions } from '../../src/model/comodgan_spec.ts';
import { conv2dReference } from '../ops/conv2d.ts';
import type { Values } from '../ops/spec.ts';
import { zeros } from '../ops/spec.ts';

/** Weights in files' layout, by name. */
export type JudgeWeights = ReadonlyMap<string, Float64Array>;

const TAPS = [1, 3, 3, 1];

const leaky = ({ shape, data }: Values): Values => ({
  shape,
  data: data.map((v) => Math.SQRT2 * (v > 0 ? v : 0.2 * v)),
});

/** A file's `[o, i, k, k]` as `[k, k, i, o]`, scaled to one input's size. */
function kernel(weight: Float64Array, i: number, o: number, k: number): Values {
  const w = zeros([k, k, i, o]);
  for (let a = 0; a < o; a++)
    for (let b = 0; b < i; b++)
      for (let t = 0; t < k * k; t++)
        w.data[(t * i + b) * o + a] = weight[(a * i + b) * k * k + t]! / Math.sqrt(k * k * i);
  return w;
}

function conv(of: JudgeWeights, path: string, x: Values, k: number, down = false): Values {
  const i = x.shape[3]!;
  const weight = of.get(`${path}.weight`)!;
  const o = weight.length / (i * k * k);
  const bias = of.get(`${path}.bias`);
  const from = down ? smooth(x, (k + 1) / 2) : x;
  const pad = down ? 0 : (k - 1) / 2;
  return conv2dReference(from, kernel(weight, i, o, k), bias ? { shape: [o], data: bias } : null, {
    stride: down ? [2, 2] : [1, 1],
    padding: [pad, pad],
  });
}

function smooth(x: Values, padding: number): Values {
  const c = x.shape[3]!;
  const filter = zeros([4, 4, 1, c]);
  for (let t = 0; t < 16; t++) filter.data.fill((TAPS[t >> 2]! * TAPS[t & 3]!) / 64, t * c, (t + 1) * c);
  return conv2dReference(x, filter, null, { padding: [padding, padding], groups: c });
}

/** Two pictures side by side along the channels. */
function side(a: Values, b: Values): Values {
  const [ca, cb] = [a.shape[3]!, b.shape[3]!];
  const y = zeros([...a.shape.slice(0, 3), ca + cb]);
  for (let p = 0; p < a.data.length / ca; p++) {
    y.data.set(a.data.subarray(p * ca, (p + 1) * ca), p * (ca + cb));
    y.data.set(b.data.subarray(p * cb, (p + 1) * cb), p * (ca + cb) + ca);
  }
  return y;
}

/** Mean over everything of the deviation among up to four pictures, which are one group. */
function deviation({ shape, data }: Values): number {
  const n = shape[0]!;
  const size = data.length / n;
  let total = 0;
  for (let j = 0; j < size; j++) {
    const values = Array.from({ length: n }, (_, i) => data[i * size + j]!);
    const mean = values.reduce((s, v) => s + v, 0) / n;
    total += Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / n + 1e-8);
  }
  return total / size;
}

/** The scores of Co-Mod-GAN's discriminator in plain float64 loops, for up to four pictures. */
export function judgeReference(
  config: ComodganConfig,
  of: JudgeWeights,
  source: ArrayLike<number>,
  target: ArrayLike<number>,
): Float64Array {
  const shape = [source.length / (3 * config.edge ** 2), config.edge, config.edge, 3];
  const picture = (data: ArrayLike<number>) => ({ shape, data: Float64Array.from(data) });
  let x = leaky(conv(of, 'rgb', side(picture(source), picture(target)), 1));
  for (const edge of resolutions(config)) {
    const skip = conv(of, `b${edge}.skip`, x, 1, true);
    const inner = leaky(conv(of, `b${edge}.conv`, x, 3));
    const y = leaky(conv(of, `b${edge}.down`, inner, 3, true));
    x = { shape: y.shape, data: y.data.map((v, i) => Math.SQRT1_2 * (v + skip.data[i]!)) };
  }
  const spread = zeros([...x.shape.slice(0, 3), 1]);
  spread.data.fill(deviation(x));
  x = leaky(conv(of, 'b4.conv', side(x, spread), 3));
  const flat = { shape: [shape[0]!, 1, 1, x.data.length / shape[0]!], data: x.data };
  return conv(of, 'score', leaky(conv(of, 'dense', flat, 1)), 1).data;
}
