import { FormatError, quoted, shapeText } from './format_error.ts';
import { type FloatArray, finiteFloats, type NamedArray } from './safetensors.ts';

/**
 * Low-rank change of one layer's weight: dW[o,i] = scale sum_r B[o,r] A[r,i], with the kernel's places beside i.
 *
 * | layer | A | B |
 * |---|---|---|
 * | linear, weight [o,i] | [r,i] | [o,r] |
 * | convolution, weight [o,i,k,k] | [r,i,k,k] | [o,r,1,1] |
 * | transposed convolution, weight [i,o,k,k] | [i,r,k,k] | [o,r,1,1] |
 */
export interface AdapterLayer {
  readonly A: FloatArray;
  readonly B: FloatArray;
  /** r, from the shapes. */
  readonly rank: number;
  /** alpha / r, or alpha / sqrt(r) where the file says so. */
  readonly scale: number;
  /** Whether A belongs to a transposed convolution; the shapes alone do not tell when r = i. */
  readonly transposed: boolean;
}

/** An adapter: a change for each of some layers of a base model. */
export interface Adapter {
  /** By module path, as `down0_conv` or `model.10.conv_block.1`. */
  readonly layers: ReadonlyMap<string, AdapterLayer>;
  /** What the file says about its making, see ADAPTER_METADATA. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Name of the base model, for people to read: nothing is ever opened by it. */
  readonly baseModel: string | null;
}

/** A and B of one layer as they come from a file, with the keys to name them by. */
export interface LayerPair {
  readonly keyA: string;
  readonly keyB: string;
  readonly A: NamedArray;
  readonly B: NamedArray;
  readonly transposed: boolean;
}

/**
 * The rank that both shapes of a pair agree on.
 *
 * @throws FormatError naming the key whose shape is none of AdapterLayer's
 */
export function pairRank({ keyA, keyB, A, B, transposed }: LayerPair): number {
  const isMatrix = A.shape.length === 2 && B.shape.length === 2 && !transposed;
  const isKernel = A.shape.length === 4 && B.shape.length === 4 && B.shape[2] === 1 && B.shape[3] === 1;
  if (!isMatrix && !isKernel) {
    const wanted = transposed ? '[i,r,k,k] and [o,r,1,1]' : '[r,i] and [o,r] or [r,i,k,k] and [o,r,1,1]';
    throw new FormatError(`${pairText(keyA, A, keyB, B)}: they must be ${wanted}`);
  }
  const rank = A.shape[transposed ? 1 : 0]!;
  if (rank !== B.shape[1]) throw new FormatError(`${pairText(keyA, A, keyB, B)}: their ranks differ`);
  if (A.data.length === 0 || B.data.length === 0)
    throw new FormatError(`${pairText(keyA, A, keyB, B)}: empty`);
  return rank;
}

/**
 * A layer from its pair.
 *
 * @throws FormatError naming the key for bad shapes, integers, NaN, infinities, and a scale that is or leads beyond float32
 */
export function adapterLayer(pair: LayerPair, scale: number): AdapterLayer {
  const rank = pairRank(pair);
  const A = finiteFloats(pair.keyA, pair.A);
  const B = finiteFloats(pair.keyB, pair.B);
  const largestChange = Math.abs(scale) * rank * largest(A.data) * largest(B.data);
  if (!Number.isFinite(Math.fround(scale)) || !Number.isFinite(Math.fround(largestChange))) {
    throw new FormatError(`${quoted(pair.keyA)} with scale ${scale} can exceed float32`);
  }
  return { A, B, rank, scale, transposed: pair.transposed };
}

/** What a user should know about an adapter that is well formed but odd. */
export function adapterWarnings({ layers }: Adapter): string[] {
  const idle = [...layers].filter(([, { scale }]) => scale === 0).map(([path]) => path);
  if (idle.length === 0) return [];
  return [
    `alpha is 0 for ${idle.length} of ${layers.size} layers, ${quoted(idle[0]!)} first: they change nothing`,
  ];
}

function pairText(keyA: string, A: NamedArray, keyB: string, B: NamedArray): string {
  return `${quoted(keyA)} is ${shapeText(A.shape)} and ${quoted(keyB)} is ${shapeText(B.shape)}`;
}

function largest(values: Float32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
