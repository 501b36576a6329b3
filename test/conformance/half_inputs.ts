import { decodeHalf, encodeHalf } from '../../src/runtime/half.ts';
import { Unsupported } from './attrs.ts';
import type { Placed } from './layouts.ts';

// Rounding moves a number by up to 2^-11 of it; where that is more than this share of how the numbers differ, f16 has
// lost what the case is about.
const SHARE = 1e-3;

/** @throws Unsupported where f16 cannot hold the differences between an input's values */
export function checkHalf(name: string, { data }: Placed): void {
  const values = Float32Array.from(data);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const rounded = decodeHalf(encodeHalf(values));
  const spread = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const lost = values.reduce((sum, v, i) => sum + (v - rounded[i]!) ** 2, 0);
  if (lost > SHARE ** 2 * spread && spread > 0)
    throw new Unsupported(
      `f16 cannot hold ${name}: rounding is ${Math.sqrt(lost / spread).toPrecision(2)} of its spread`,
    );
}
