import { fileKind } from './file_kind.ts';
import { FormatError, quoted, shapeText } from './format_error.ts';
import { JsonCursor } from './json_cursor.ts';

/** Element types that can be read, with their sizes in bytes. */
const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** Name of an element type, as files spell it. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** Where one tensor lies in a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from `Header.dataStart`. */
  readonly begin: number;
  readonly end: number;
}

/** What a safetensors file says about itself. */
export interface Header {
  /** In the order of their bytes. */
  readonly tensors: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Offset of the tensor data in the file. */
  readonly dataStart: number;
}

/** The format's own limit on the header, in bytes. */
export const LONGEST_HEADER = 100_000_000;
/** More would be an attack: tensors here have at most 5. */
const MOST_DIMENSIONS = 32;
/** Bytes of the length field in front of the header. */
export const LENGTH_BYTES = 8;

/** Bytes per element. */
export function dtypeBytes(dtype: Dtype): number {
  return DTYPE_BYTES[dtype];
}

/**
 * Reads and checks the header of a safetensors file: u64 little-endian N, N bytes of JSON, tensor data without holes,
 * overlaps or rest. Stricter than the reference reader in refusing duplicate names, unknown fields, the name
 * `__proto__`, space before the `{`, sizes from 2^53 on and more than 32 dimensions. Reads no tensor data.
 *
 * @param bytes the whole file
 * @throws FormatError with what is wrong, or with what the file is instead
 */
export function readHeader(bytes: Uint8Array): Header {
  const dataStart = LENGTH_BYTES + headerLength(bytes);
  const cursor = new JsonCursor(bytes.subarray(LENGTH_BYTES, dataStart));
  const tensors: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  cursor.object((name) => {
    if (name === '__metadata__') metadata = readMetadata(cursor);
    else tensors.push(readEntry(cursor, name));
  });
  cursor.end();
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(tensors, bytes.length - dataStart);
  return { tensors, metadata, dataStart };
}

/** N, known to lie within the file, with a `{` behind it. */
function headerLength(bytes: Uint8Array): number {
  const foreign = (reason: string) => {
    const kind = fileKind(bytes);
    return new FormatError(kind ? `not a safetensors file but ${kind}` : `not a safetensors file: ${reason}`);
  };
  if (bytes.length < LENGTH_BYTES) throw foreign(`only ${bytes.length} bytes long`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const room = bytes.length - LENGTH_BYTES;
  if (length > room) throw foreign(`its header should have ${length} bytes, but only ${room} follow`);
  if (length > LONGEST_HEADER)
    throw foreign(`a header of ${length} bytes is over the limit of ${LONGEST_HEADER}`);
  if (bytes[LENGTH_BYTES] !== '{'.charCodeAt(0) || length < 2n)
    throw foreign('its header does not begin with "{"');
  return Number(length);
}

function readMetadata(cursor: JsonCursor): Map<string, string> {
  const metadata = new Map<string, string>();
  cursor.object((key) => {
    refusePrototype(key);
    metadata.set(key, cursor.string());
  });
  return metadata;
}

function readEntry(cursor: JsonCursor, name: string): TensorEntry {
  refusePrototype(name);
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  cursor.object((field) => {
    if (field === 'dtype') dtype = readDtype(cursor, name);
    else if (field === 'shape') shape = readSizes(cursor, name, field);
    else if (field === 'data_offsets') offsets = readSizes(cursor, name, field);
    else throw new FormatError(`tensor ${quoted(name)} has an unknown field ${quoted(field)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = dtype === undefined ? 'dtype' : shape === undefined ? 'shape' : 'data_offsets';
    throw new FormatError(`tensor ${quoted(name)} has no ${missing}`);
  }
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length > 2 || end < begin) {
    throw new FormatError(`tensor ${quoted(name)} has bad data_offsets ${shapeText(offsets)}`);
  }
  checkSize(name, dtype, shape, end - begin);
  return { name, dtype, shape, begin, end };
}

function readDtype(cursor: JsonCursor, name: string): Dtype {
  const dtype = cursor.string();
  if (Object.hasOwn(DTYPE_BYTES, dtype)) return dtype as Dtype;
  const readable = Object.keys(DTYPE_BYTES).join(', ');
  throw new FormatError(
    `tensor ${quoted(name)} is of type ${quoted(dtype)}, but only ${readable} can be read`,
  );
}

function readSizes(cursor: JsonCursor, name: string, field: string): number[] {
  const sizes: number[] = [];
  cursor.array(() => {
    const text = cursor.numberText();
    if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw new FormatError(
        `tensor ${quoted(name)} has ${text} in its ${field}, not a whole number below 2^53`,
      );
    }
    if (sizes.push(Number(text)) > MOST_DIMENSIONS) {
      throw new FormatError(
        `tensor ${quoted(name)} has more than ${MOST_DIMENSIONS} numbers in its ${field}`,
      );
    }
  });
  return sizes;
}

function checkSize(name: string, dtype: Dtype, shape: readonly number[], got: number): void {
  let needed = dtypeBytes(dtype);
  const what = `tensor ${quoted(name)} ${dtype} ${shapeText(shape)}`;
  for (const size of shape) {
    needed *= size;
    if (!Number.isSafeInteger(needed)) throw new FormatError(`${what} is too large`);
  }
  if (needed === got) return;
  throw new FormatError(`${what} needs ${needed} bytes, but its data_offsets give ${got}`);
}

function checkLayout(tensors: readonly TensorEntry[], dataBytes: number): void {
  let at = 0;
  for (const { name, begin, end } of tensors) {
    if (begin < at)
      throw new FormatError(`tensor ${quoted(name)} overlaps the one before it at data byte ${begin}`);
    if (begin > at) throw new FormatError(`a hole of ${begin - at} bytes lies before tensor ${quoted(name)}`);
    at = end;
  }
  if (at > dataBytes)
    throw new FormatError(`the file is cut short: ${at} bytes of tensor data, only ${dataBytes} there`);
  if (at < dataBytes) throw new FormatError(`${dataBytes - at} bytes follow the last tensor`);
}

function refusePrototype(name: string): void {
  if (name === '__proto__') throw new FormatError('the name "__proto__" is not allowed');
}
