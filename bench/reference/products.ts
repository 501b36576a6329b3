import type { ConvOptions } from '../../src/runtime/ops/conv2d.ts';
import { convTranspose2dReference } from '../../test/ops/conv_transpose2d.ts';
import { conv2dReference } from '../../test/ops/conv2d.ts';
import { at, type Values } from '../../test/ops/spec.ts';
import type { Floats, FloatsByName } from '../graph/values.ts';
import type { Expected } from '../verdict.ts';
import { CHANNELS, firstOf, firstValues, wide } from './channels.ts';

const get = (values: FloatsByName, name: string): Floats => values.get(name)!;

/** Values of the first channels of an output whose last dimension is `channels`. */
function inFirstChannels(output: string, { shape, data }: Values, channels: number): Expected {
  const { places } = firstOf({ shape: [...shape.slice(0, -1), channels] }, shape.length - 1, CHANNELS);
  return { output, places, values: data };
}

/** y = a b in four columns. */
export function matmulExpected(values: FloatsByName): Expected[] {
  const a = wide(get(values, 'a'));
  const full = get(values, 'b');
  const b = firstValues(full, 1);
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  const y = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let e = 0; e < k; e++)
      for (let j = 0; j < n; j++) y[i * n + j]! += a.data[i * k + e]! * b.data[e * n + j]!;
  return [inFirstChannels('y', { shape: [m, n], data: y }, full.shape[1]!)];
}

/** dw[t, i, o] = sum over pixels p of x[p * stride + t - padding, i] dy[p, o], batch 1, for few i and o. */
function weightGradient(x: Values, dy: Values, w: Floats, stride: number, padding: number): Expected {
  const [kh, kw, cin, cout] = w.shape as [number, number, number, number];
  const [, h, width, few] = x.shape as [number, number, number, number];
  const [, oh, ow, fewOut] = dy.shape as [number, number, number, number];
  const places: number[] = [];
  const sums: number[] = [];
  for (let ty = 0; ty < kh; ty++)
    for (let tx = 0; tx < kw; tx++)
      for (let i = 0; i < few; i++)
        for (let o = 0; o < fewOut; o++) {
          let sum = 0;
          for (let py = 0; py < oh; py++)
            for (let px = 0; px < ow; px++) {
              const [iy, ix] = [py * stride + ty - padding, px * stride + tx - padding];
              if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
              sum += x.data[at(x.shape, 0, iy, ix, i)]! * dy.data[at(dy.shape, 0, py, px, o)]!;
            }
          places.push(at([kh, kw, cin, cout], ty, tx, i, o));
          sums.push(sum);
        }
  return { output: 'd w', places: Int32Array.from(places), values: sums };
}

/** A convolution and, where there is a `dy`, its gradients. */
export function convExpected(values: FloatsByName, options: ConvOptions): Expected[] {
  const [x, w, bias] = [get(values, 'x'), get(values, 'w'), get(values, 'bias')];
  const [stride, padding] = [options.stride![0], options.padding![0]];
  const y = conv2dReference(wide(x), firstValues(w, 3), firstValues(bias, 0), options);
  const forward = inFirstChannels('y', y, w.shape[3]!);
  const dy = values.get('dy');
  if (!dy) return [forward];
  const dx = convTranspose2dReference(wide(dy), firstValues(w, 2), null, options);
  const biasSums = firstValues(dy, 3);
  const fewOut = biasSums.shape[3]!;
  const sums = Array.from({ length: fewOut }, (_, o) =>
    biasSums.data.reduce((sum, v, i) => (i % fewOut === o ? sum + v : sum), 0),
  );
  return [
    forward,
    inFirstChannels('d x', dx, x.shape[3]!),
    weightGradient(firstValues(x, 3), firstValues(dy, 3), w, stride, padding),
    { output: 'd bias', places: Int32Array.from(sums.keys()), values: sums },
  ];
}

/** The transposed convolution of stride 2 that doubles a picture. */
export function convTransposeExpected(values: FloatsByName): Expected[] {
  const w = get(values, 'w');
  const y = convTranspose2dReference(
    wide(get(values, 'x')),
    firstValues(w, 2),
    firstValues(get(values, 'bias'), 0),
    {
      stride: [2, 2],
      padding: [1, 1],
      outputPadding: [1, 1],
    },
  );
  return [inFirstChannels('y', y, w.shape[2]!)];
}
