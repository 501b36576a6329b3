import type { FloatsByName } from '../graph/values.ts';
import type { Expected } from '../verdict.ts';
import { wide } from './channels.ts';

/** (x - mean) / sqrt(variance + 1e-5) of each channel, batch 1. */
export function instanceNormExpected(values: FloatsByName): Expected[] {
  const { shape, data } = wide(values.get('x')!);
  const channels = shape.at(-1)!;
  const pixels = data.length / channels;
  const y = new Float64Array(data.length);
  for (let c = 0; c < channels; c++) {
    let [mean, variance] = [0, 0];
    for (let p = 0; p < pixels; p++) mean += data[p * channels + c]! / pixels;
    for (let p = 0; p < pixels; p++) variance += (data[p * channels + c]! - mean) ** 2 / pixels;
    for (let p = 0; p < pixels; p++)
      y[p * channels + c] = (data[p * channels + c]! - mean) / Math.sqrt(variance + 1e-5);
  }
  return [{ output: 'y', places: null, values: y }];
}
