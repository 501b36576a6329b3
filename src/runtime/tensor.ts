import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { type Extent, extentOf, type Shape, sameShape, showShape } from './shape.ts';

export type Dtype = 'f32' | 'f16' | 'u32';

/**
 * Where a tensor's values live. `temp` exists inside one program and shares the arena; `input` is written before a
 * run; `parameter` outlives programs. Views share their storage.
 */
export interface Storage {
  readonly kind: 'temp' | 'input' | 'parameter';
  readonly name: string;
  readonly bytes: number;
  /**
   * `f16` is storage alone: kernels compute in f32. `u32` holds raw bits, such as packed pixels: hosts write them as
   * bytes, only kernels know what they mean.
   */
  readonly dtype: Dtype;
  /** Set for parameters at once, for the rest when the program is planned. */
  buffer: GPUBuffer | null;
  /** The storage that this one is a part of, and where it begins there, in bytes. */
  parent: Storage | null;
  offset: number;
  /** Counts writes to a parameter, so that programs know when what they derived from it is stale. */
  version: number;
}

/** The storage that owns the buffer; reads and writes of a part count as the whole's. */
export const rootOf = (storage: Storage): Storage => storage.parent ?? storage;

export function newStorage(kind: Storage['kind'], name: string, shape: Shape, dtype: Dtype = 'f32'): Storage {
  const bytes = extentOf(shape).length * (dtype === 'f16' ? 2 : 4);
  return { kind, name, bytes, dtype, buffer: null, parent: null, offset: 0, version: 0 };
}

/** An array on the device, of float32 unless its storage says otherwise, or the promise of one while a program is traced. */
export class Tensor implements Extent {
  readonly pitch: number;
  readonly rows: number;
  readonly length: number;

  readonly gpu: Gpu;
  readonly shape: Shape;
  readonly storage: Storage;

  constructor(gpu: Gpu, shape: Shape, storage: Storage) {
    this.gpu = gpu;
    this.shape = shape;
    this.storage = storage;
    ({ pitch: this.pitch, rows: this.rows, length: this.length } = extentOf(shape));
  }

  /** Logical number of values. */
  get size(): number {
    return this.rows * (this.shape.at(-1) ?? 1);
  }

  /** The padded rows themselves as a dense tensor, for code that looks at the padding. */
  asStored(): Tensor {
    return new Tensor(this.gpu, [this.rows, this.pitch], this.storage);
  }

  get dtype(): Dtype {
    return this.storage.dtype;
  }

  /** A new temporary of this shape, or of another, in the precision of this tensor, or in another. */
  like(shape: Shape = this.shape, dtype: 'f32' | 'f16' = this.dtype === 'f16' ? 'f16' : 'f32'): Tensor {
    return this.gpu.temp(shape, dtype);
  }

  /**
   * The same values under another shape of equal padded layout: the last dimension stays, or neither needs padding.
   * @throws KernelError where the layouts differ.
   */
  view(shape: Shape): Tensor {
    const to = extentOf(shape);
    const last = this.shape.at(-1) ?? 1;
    const dense = this.pitch === last && to.pitch === (shape.at(-1) ?? 1);
    if (to.length !== this.length || !(dense || (shape.at(-1) ?? 1) === last)) {
      throw new KernelError(`view: ${showShape(this.shape)} does not lie in memory as ${showShape(shape)}`);
    }
    return sameShape(shape, this.shape) ? this : new Tensor(this.gpu, shape, this.storage);
  }
}
