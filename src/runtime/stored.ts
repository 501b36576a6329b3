import { decodeHalf, encodeHalf } from './half.ts';
import type { Tensor } from './tensor.ts';

/** Padded values as a buffer holds them: float32, or the bits of float16. */
export type Stored = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Padded float32 values in the tensor's precision, to nearest. */
export const toStored = ({ dtype }: Tensor, values: Float32Array<ArrayBuffer>): Stored =>
  dtype === 'f16' ? encodeHalf(values) : values;

/** What a buffer of this tensor holds as float32; exact. */
export const fromStored = ({ dtype }: Tensor, bytes: ArrayBuffer): Float32Array<ArrayBuffer> =>
  dtype === 'f16' ? decodeHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
