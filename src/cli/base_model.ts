import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DiscriminatorConfig } from '../model/discriminator.ts';
import { FormatError } from '../model/format_error.ts';
import type { GeneratorConfig } from '../model/generator_spec.ts';
import {
  type AnyNetworkFile,
  type NetworkFile,
  readDiscriminator,
  readGenerator,
  readNetworkFile,
} from '../model/network_file.ts';
import { UserError } from './errors.ts';
import { readRegularFile } from './files.ts';

const MAX_BYTES = 2 ** 31;
const DISCRIMINATOR = 'discriminator.safetensors';

/** The base that the package ships, beside `dist/`. */
export const SHIPPED_BASE = fileURLToPath(new URL('../checkpoints/tiny/base.safetensors', import.meta.url));

/** A base generator from a file, and the discriminator that was trained with it, if it lies beside. */
export interface BaseModel {
  readonly path: string;
  readonly name: string;
  /** SHA-256 of the generator's file, in hexadecimal. */
  readonly sha256: string;
  readonly generator: NetworkFile<GeneratorConfig>;
  readonly discriminator: NetworkFile<DiscriminatorConfig> | null;
}

async function readNetwork<T>(
  path: string,
  read: (bytes: Uint8Array) => T,
): Promise<{ bytes: Uint8Array; network: T }> {
  const bytes = await readRegularFile(path, MAX_BYTES);
  try {
    return { bytes, network: read(bytes) };
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, 1, { cause: error });
    throw error;
  }
}

/** A generator of any kind from a file. */
export interface NetworkModel extends AnyNetworkFile {
  readonly path: string;
  readonly name: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
}

const nameOf = (path: string, { about }: Pick<AnyNetworkFile, 'about'>): string =>
  about.get('e2gan.name') ?? basename(dirname(path));

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Reads a generator of any kind. @throws UserError naming the file */
export async function readNetworkModel(path: string): Promise<NetworkModel> {
  const { bytes, network: file } = await readNetwork(path, readNetworkFile);
  return { ...file, path, name: nameOf(path, file), sha256: hashOf(bytes) };
}

/** Reads a base. @throws UserError naming the file */
export async function readBaseModel(path: string): Promise<BaseModel> {
  const { bytes, network } = await readNetwork(path, readGenerator);
  const beside = join(dirname(path), DISCRIMINATOR);
  const discriminator = existsSync(beside) ? (await readNetwork(beside, readDiscriminator)).network : null;
  return { path, name: nameOf(path, network), sha256: hashOf(bytes), generator: network, discriminator };
}
