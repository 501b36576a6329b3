import { FormatError, quoted } from '../model/format_error.ts';
import {
  type FloatArray,
  finiteFloats,
  type NamedArray,
  readSafetensors,
  writeSafetensors,
} from '../model/safetensors.ts';

/** Version of this layout of checkpoints; readers refuse newer ones. */
export const CHECKPOINT_VERSION = 1;

/** A sound checkpoint that is none of this run's: of a newer format, or of other networks. An older one is no way out. */
export class ForeignCheckpointError extends FormatError {}

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, FloatArray>;

/** All that a training needs to go on as if it had never stopped. */
export interface CheckpointState {
  /** Name of the networks and their sizes, such as `e2gan/small`: weights fit no other. */
  readonly architecture: string;
  /** Steps done. */
  readonly step: number;
  readonly weights: Tensors;
  /** Adam's running means of the gradient and of its square, for the trained weights. */
  readonly adamM: Tensors;
  readonly adamV: Tensors;
  /** State of the random numbers. */
  readonly random: Json;
  /** Place in the data: whatever the batches need to go on with the next one. */
  readonly cursor: Json;
  readonly config: Json;
}

const GROUPS = ['weights', 'adamM', 'adamV'] as const;
const VALUES = ['architecture', 'step', 'random', 'cursor', 'config'] as const;
const VERSION_KEY = 'e2gan.checkpoint';
const SHA_KEY = 'e2gan.sha256';
const BLANK_SHA = '0'.repeat(64);

/**
 * Writes a checkpoint: a safetensors file of float32 tensors `weights/NAME`, `adamM/NAME`, `adamV/NAME`; the rest is
 * JSON in its metadata, with a SHA-256 over the whole file, taken while the digest's own digits are zeros.
 *
 * @throws FormatError naming a tensor that is not finite: such a state is not worth replacing a good one
 */
export async function writeCheckpoint(state: CheckpointState): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, NamedArray>();
  for (const group of GROUPS) {
    for (const [name, array] of state[group]) {
      const key = `${group}/${name}`;
      const tensor = { dtype: 'F32', ...array } as const;
      finiteFloats(key, tensor);
      tensors.set(key, tensor);
    }
  }
  const metadata = new Map(VALUES.map((key) => [`e2gan.${key}`, JSON.stringify(state[key])]));
  metadata.set(VERSION_KEY, String(CHECKPOINT_VERSION)).set(SHA_KEY, BLANK_SHA);
  const file = writeSafetensors(tensors, metadata);
  await sealCheckpoint(file);
  return file;
}

/** Puts the digest over a whole checkpoint in its place in it. */
export async function sealCheckpoint(file: Uint8Array<ArrayBuffer>): Promise<void> {
  putDigits(file, BLANK_SHA);
  putDigits(file, await sha256(file));
}

/**
 * Reads a checkpoint; any changed, missing or added byte is found.
 *
 * @param architecture refuses all others when given
 * @throws FormatError for a damaged file; ForeignCheckpointError for a newer version (every version carries the same
 * digest), or another architecture
 */
export async function readCheckpoint(bytes: Uint8Array, architecture?: string): Promise<CheckpointState> {
  const { tensors, metadata } = readSafetensors(bytes);
  const version = Number(metadata.get(VERSION_KEY));
  if (!Number.isInteger(version)) throw new FormatError('not a checkpoint, though a safetensors file');
  await verify(bytes, metadata.get(SHA_KEY));
  if (version > CHECKPOINT_VERSION) {
    throw new ForeignCheckpointError(
      `checkpoint version ${version}, but this program reads up to ${CHECKPOINT_VERSION}: update it`,
    );
  }
  const found = parseValue('architecture', metadata);
  const step = parseValue('step', metadata);
  if (typeof found !== 'string' || typeof step !== 'number') throw damaged('architecture or step');
  if (architecture !== undefined && found !== architecture) {
    throw new ForeignCheckpointError(`a checkpoint of ${quoted(found)}, not of ${quoted(architecture)}`);
  }
  return {
    architecture: found,
    step,
    weights: tensorGroup('weights', tensors),
    adamM: tensorGroup('adamM', tensors),
    adamV: tensorGroup('adamV', tensors),
    random: parseValue('random', metadata),
    cursor: parseValue('cursor', metadata),
    config: parseValue('config', metadata),
  };
}

function parseValue(key: (typeof VALUES)[number], metadata: ReadonlyMap<string, string>): Json {
  try {
    return JSON.parse(metadata.get(`e2gan.${key}`) ?? '');
  } catch {
    throw damaged(key);
  }
}

function tensorGroup(name: (typeof GROUPS)[number], tensors: ReadonlyMap<string, NamedArray>): Tensors {
  const prefix = `${name}/`;
  const group = new Map<string, FloatArray>();
  for (const [key, array] of tensors) {
    if (key.startsWith(prefix)) group.set(key.slice(prefix.length), finiteFloats(key, array));
  }
  return group;
}

async function verify(bytes: Uint8Array, expected: string | undefined): Promise<void> {
  if (expected?.length !== BLANK_SHA.length) throw damaged('SHA-256');
  const copy = new Uint8Array(bytes);
  putDigits(copy, BLANK_SHA);
  if ((await sha256(copy)) !== expected) throw new FormatError('the checkpoint is damaged: wrong SHA-256');
}

/** Puts 64 digits in the digest's place. Quotes within JSON strings are escaped, so only a key can match. */
function putDigits(file: Uint8Array, digits: string): void {
  const headerLength = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const header = new TextDecoder('latin1').decode(file.subarray(0, 8 + headerLength));
  const key = `"${SHA_KEY}":"`;
  const at = header.indexOf(key);
  if (at < 0) throw damaged('SHA-256');
  file.set(new TextEncoder().encode(digits), at + key.length);
}

/** SHA-256 in hexadecimal. Web Crypto, as browsers have no other; it is there on secure pages, as WebGPU is. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function damaged(missing: string): FormatError {
  return new FormatError(`the checkpoint is damaged: no readable ${missing}`);
}
