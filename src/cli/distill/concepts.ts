import { z } from 'zod';
import { didYouMean } from '../../model/nearest.ts';
import { readDescription } from '../data/concepts.ts';
import { messageOf, UserError, usageError } from '../errors.ts';

const LONGEST_TEXT = 4000;
/** Names become folders beside `input/`, on every file system. */
const FOLDER_NAME = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,99}$/u;
const TAKEN = /^(input|inputs|concepts|con|prn|aux|nul|com\d|lpt\d)$/i;

const line = z.string().min(1).max(LONGEST_TEXT);
const CONCEPT = z.looseObject({
  name: z.string().refine((name) => FOLDER_NAME.test(name) && !TAKEN.test(name), {
    error: 'a name is one word of letters, digits, _ and -, as it becomes a folder (not "input")',
  }),
  prompt: line,
  negative: line.optional(),
  exec: line.optional(),
});
const FILE = z.looseObject({ concepts: z.array(CONCEPT).min(1) });

/** A look that a teacher is asked for. */
export interface Concept {
  readonly name: string;
  /** The instruction, and the text that conditions the generator later. */
  readonly prompt: string;
  /** What the picture must not show. */
  readonly negative?: string;
  /** A command of its own, see `splitCommand`. */
  readonly exec?: string;
}

/**
 * The concepts of a file `{"concepts": [{"name", "prompt", "negative"?, "exec"?}]}`.
 * @throws UserError where it is malformed, names a concept twice, or a name cannot be a folder's
 */
export async function readConcepts(path: string): Promise<Concept[]> {
  const text = await readDescription(path);
  const { concepts } = parse(text, path);
  const names = new Set<string>();
  for (const { name } of concepts) {
    if (names.has(name.toLowerCase())) throw new UserError(`${path}: names the concept ${name} twice`);
    names.add(name.toLowerCase());
  }
  return concepts.map(({ name, prompt, negative, exec }) => ({
    name,
    prompt,
    ...(negative !== undefined && { negative }),
    ...(exec !== undefined && { exec }),
  }));
}

/** The concepts with these names, separated by commas; all without `only`. @throws UserError for an unknown name */
export function chosenConcepts(all: readonly Concept[], only: string | undefined): Concept[] {
  if (only === undefined) return [...all];
  const known = all.map(({ name }) => name);
  const wanted = new Set(only.split(',').map((name) => name.trim()));
  const unknown = [...wanted].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, known);
    throw usageError(`--only: there is no concept ${unknown}${hint}; there are ${known.join(', ')}`);
  }
  return all.filter(({ name }) => wanted.has(name));
}

function parse(text: string, path: string): z.infer<typeof FILE> {
  try {
    return FILE.parse(JSON.parse(text.replace(/^\ufeff/, '')));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : messageOf(error);
    throw new UserError(`${path}: no list of concepts: ${reason}`, 1, { cause: error });
  }
}
