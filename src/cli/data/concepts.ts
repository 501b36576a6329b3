import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errorCode, messageOf, UserError } from '../errors.ts';
import { readRegularFile } from '../files.ts';
import type { FolderTree, LayoutContext } from './layout.ts';

const MAX_DESCRIPTION_BYTES = 64 * 1024 * 1024;
const ONE = z.looseObject({ name: z.string().optional(), prompt: z.string().optional() });
const MANY = z.looseObject({ concepts: z.array(z.looseObject({ name: z.string(), prompt: z.string() })) });

/** The text of a file that describes pairs or concepts. @throws UserError */
export async function readDescription(path: string): Promise<string> {
  return (await readRegularFile(path, MAX_DESCRIPTION_BYTES)).toString('utf8');
}

/**
 * Prompts by concept name from `concepts.json` (`{"concepts": [{"name", "prompt"}]}`) in the data folder or, failing
 * that, beside it; empty where there is none. @throws UserError if it is there and malformed.
 */
export async function readPrompts(root: string): Promise<Map<string, string>> {
  for (const folder of [root, dirname(root)]) {
    const path = join(folder, 'concepts.json');
    try {
      const { concepts } = parseAs(MANY, await readDescription(path), path);
      return new Map(concepts.map(({ name, prompt }) => [name, prompt]));
    } catch (error) {
      if (!(error instanceof UserError && errorCode(error.cause) === 'ENOENT')) throw error;
    }
  }
  return new Map();
}

/** A concept of a pool. */
export interface PoolConcept {
  readonly name: string;
  readonly prompt: string;
}

/**
 * The concepts of a pool, in order: a `concepts.json` of any name.
 * @throws UserError where it is malformed, empty, or a name comes twice
 */
export async function readConceptPool(path: string): Promise<PoolConcept[]> {
  const { concepts } = parseAs(MANY, await readDescription(path), path);
  if (concepts.length === 0) throw new UserError(`${path}: it holds no concepts`);
  const twice = concepts.find(({ name }, i) => concepts.findIndex((c) => c.name === name) < i);
  if (twice) throw new UserError(`${path}: the concept ${twice.name} comes twice`);
  return concepts.map(({ name, prompt }) => ({ name, prompt }));
}

/** Name and prompt of a concept's folder: from its `concept.json`, else the folder's name and `concepts.json`. */
export async function conceptOf(
  folder: FolderTree,
  name: string,
  context: LayoutContext,
): Promise<{ concept: string; prompt?: string }> {
  const path = `${folder.path}concept.json`;
  const own = context.listing.descriptions.has(path) ? parseAs(ONE, await context.readText(path), path) : {};
  const concept = own.name ?? name;
  const prompt = own.prompt ?? context.prompts.get(concept);
  return prompt === undefined ? { concept } : { concept, prompt };
}

function parseAs<T>(schema: z.ZodType<T>, text: string, path: string): T {
  try {
    return schema.parse(JSON.parse(text.replace(/^\ufeff/, '')));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : messageOf(error);
    throw new UserError(`${path}: not a description of concepts: ${reason}`, 1, { cause: error });
  }
}
