import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DiscriminatorConfig } from '../model/discriminator.ts';
import { FormatError } from '../model/format_error.ts';
import type { GeneratorConfig } from '../model/generator_spec.ts';
import { type NetworkFile, readDiscriminator, readGenerator } from '../model/network_file.ts';
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

/** Reads a base. @throws UserError naming the file */
export async function readBaseModel(path: string): Promise<BaseModel> {
  const { bytes, network } = await readNetwork(path, readGenerator);
  const beside = join(dirname(path), DISCRIMINATOR);
  const discriminator = existsSync(beside) ? (await readNetwork(beside, readDiscriminator)).network : null;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = network.about.get('e2gan.name') ?? basename(dirname(path));
  return { path, name, sha256, generator: network, discriminator };
}
