import { decodeBfloat16, decodeHalf, encodeHalf } from '../runtime/half.ts';
import { FormatError, quoted, shapeText } from './format_error.ts';
import { type Dtype, dtypeBytes, LENGTH_BYTES, LONGEST_HEADER, readHeader } from './safetensors_header.ts';

/** An array of float32 with its shape, row-major. */
export interface FloatArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The types that float weights are stored in. */
export type StoredDtype = 'F32' | 'F16';

/** A tensor of a file. Float types come as float32; integers keep their width, but 64-bit ones come as float64. */
export interface NamedArray {
  /** The type in the file. */
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data:
    | Float32Array
    | Float64Array
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array;
}

/** The content of a safetensors file. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

const RESERVED_NAMES: ReadonlySet<string> = new Set(['__metadata__', '__proto__']);

/**
 * Reads a safetensors file into arrays of their own memory.
 *
 * @param bytes the whole file, at any alignment
 * @throws FormatError as `readHeader`, and for 64-bit integers from 2^53 on
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { tensors: entries, metadata, dataStart } = readHeader(bytes);
  const tensors = new Map<string, NamedArray>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { dtype, shape, data: DECODERS[dtype](buffer, name) });
  }
  return { tensors, metadata };
}

/**
 * Writes a safetensors file: the same input gives the same bytes, and those of the reference writer. Tensors lie in
 * descending order of element size, then by name; `format` is `pt` unless the metadata says otherwise.
 *
 * @param tensors float arrays with the type to store, F32 or F16
 * @throws FormatError for another type, a shape that does not fit the data, a value beyond F16, or a name that readers refuse
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const entries = [...tensors]
    .sort(([a, { dtype: p }], [b, { dtype: q }]) => dtypeBytes(q) - dtypeBytes(p) || (a < b ? -1 : 1))
    .map(([name, array]) => ({ name, array, bytes: encode(name, array) }));
  const header = headerBytes(entries, metadata);
  const dataBytes = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const file = new Uint8Array(LENGTH_BYTES + header.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const { bytes } of entries) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * The array as float weights.
 *
 * @throws FormatError naming the tensor where it holds integers, NaN or an infinity
 */
export function finiteFloats(name: string, { dtype, shape, data }: NamedArray): FloatArray {
  if (!(data instanceof Float32Array))
    throw new FormatError(`tensor ${quoted(name)} holds ${dtype}, not floats`);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FormatError(`tensor ${quoted(name)} holds ${data[bad]} at element ${bad}`);
  return { shape, data };
}

/** The values of little-endian bytes, which is how typed arrays read them wherever WebGPU runs. */
const DECODERS: Readonly<Record<Dtype, (bytes: ArrayBuffer, name: string) => NamedArray['data']>> = {
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => new Float32Array(new Float64Array(bytes)),
  F16: (bytes) => decodeHalf(new Uint16Array(bytes)),
  BF16: (bytes) => decodeBfloat16(new Uint16Array(bytes)),
  BOOL: (bytes) => new Uint8Array(bytes),
  U8: (bytes) => new Uint8Array(bytes),
  I8: (bytes) => new Int8Array(bytes),
  U16: (bytes) => new Uint16Array(bytes),
  I16: (bytes) => new Int16Array(bytes),
  U32: (bytes) => new Uint32Array(bytes),
  I32: (bytes) => new Int32Array(bytes),
  U64: (bytes, name) => wholeNumbers(name, new BigUint64Array(bytes)),
  I64: (bytes, name) => wholeNumbers(name, new BigInt64Array(bytes)),
};

function wholeNumbers(name: string, values: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = Float64Array.from<bigint>(values, Number);
  const bad = numbers.findIndex((value) => !Number.isSafeInteger(value));
  if (bad >= 0) throw new FormatError(`tensor ${quoted(name)} holds ${values[bad]}, which is 2^53 or more`);
  return numbers;
}

function encode(name: string, { dtype, shape, data }: NamedArray): Uint8Array {
  if (RESERVED_NAMES.has(name)) throw new FormatError(`a tensor cannot be called ${quoted(name)}`);
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length || !(data instanceof Float32Array)) {
    throw new FormatError(`tensor ${quoted(name)} ${shapeText(shape)} cannot hold ${data.length} values`);
  }
  if (dtype === 'F32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (dtype !== 'F16')
    throw new FormatError(`tensor ${quoted(name)}: ${dtype} is not written, only F32 and F16`);
  const halves = encodeHalf(data);
  const bad = halves.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
  if (bad >= 0)
    throw new FormatError(`tensor ${quoted(name)} holds ${data[bad]}, too large for F16: store it as F32`);
  return new Uint8Array(halves.buffer);
}

/** The header is spelled out by hand because an object would reorder names that look like numbers. */
function headerBytes(
  entries: readonly { name: string; array: NamedArray; bytes: Uint8Array }[],
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  if (metadata.has('__proto__')) throw new FormatError('metadata cannot be called "__proto__"');
  const about = [...new Map([['format', 'pt'], ...metadata])].sort(([a], [b]) => (a < b ? -1 : 1));
  const members = about.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const fields = [`"__metadata__":{${members.join(',')}}`];
  let begin = 0;
  for (const { name, array, bytes } of entries) {
    const end = begin + bytes.length;
    const { dtype, shape } = array;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
    begin = end;
  }
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(' '.charCodeAt(0));
  padded.set(text);
  if (padded.length > LONGEST_HEADER)
    throw new FormatError(`the header would be ${padded.length} bytes long`);
  return padded;
}
