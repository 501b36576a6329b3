import { z } from 'zod';
import { UserError } from '../../src/cli/errors.ts';
import { FormatError } from '../../src/model/format_error.ts';
import { type NamedArray, readSafetensors } from '../../src/model/safetensors.ts';

/** A case as an index lists it; what else it holds depends on its kind. */
export interface Case {
  readonly name: string;
  /** `op` for the cases of index_ops.json. */
  readonly kind: string;
  readonly [field: string]: unknown;
}

export type Tensors = ReadonlyMap<string, NamedArray>;

const INDEXES = ['index_ops.json', 'index_models.json'] as const;
const indexSchema = z.object({
  cases: z.array(z.looseObject({ name: z.string(), kind: z.string().default('op') })),
});

/** Where the files of a folder come from: a disk, a server, or a folder that was picked in a browser. */
export interface CaseFiles {
  /** The folder's name, for messages. */
  readonly name: string;
  has(file: string): Promise<boolean>;
  /** @throws UserError naming the file */
  bytes(file: string): Promise<Uint8Array>;
}

/** A folder of cases. Its methods throw UserError naming the file that is missing or broken. */
export class Folder {
  readonly cases: readonly Case[];
  readonly #files: CaseFiles;

  private constructor(files: CaseFiles, cases: readonly Case[]) {
    this.#files = files;
    this.cases = cases;
  }

  /** Reads the indexes that are there. */
  static async open(files: CaseFiles): Promise<Folder> {
    const there = await Promise.all(INDEXES.map((index) => files.has(index)));
    const present = INDEXES.filter((_, i) => there[i]);
    if (!present.length)
      throw new UserError(`${files.name}: no ${INDEXES.join(' or ')} in it; give a folder of vectors`);
    const folder = new Folder(files, []);
    const indexes = await Promise.all(present.map((index) => folder.json(index, indexSchema)));
    return new Folder(
      files,
      indexes.flatMap(({ cases }) => cases),
    );
  }

  /** A case by name. */
  find(name: string): Case {
    const found = this.cases.find((one) => one.name === name);
    if (!found) throw new FormatError(`there is no case ${name}`);
    return found;
  }

  bytes(file: string): Promise<Uint8Array> {
    // An index may name a folder with a slash at its end; only a disk forgives two of them.
    return this.#files.bytes(file.replace(/\/+/g, '/'));
  }

  async json<T>(file: string, schema: z.ZodType<T>): Promise<T> {
    const text = new TextDecoder().decode(await this.bytes(file));
    return this.#parse(file, () => {
      // Python writes these three words, which JSON does not have.
      return fieldsOf(schema, JSON.parse(text.replace(/\bNaN\b|-?\bInfinity\b/g, 'null')));
    });
  }

  async tensors(file: string): Promise<Tensors> {
    const bytes = await this.bytes(file);
    return this.#parse(file, () => readSafetensors(bytes).tensors);
  }

  #parse<T>(file: string, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof SyntaxError)) throw error;
      throw new UserError(`${this.#files.name}/${file}: ${error.message}`, 1, { cause: error });
    }
  }
}

/** The fields of a case or file that a schema names. @throws FormatError naming the one that is wrong */
export function fieldsOf<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new FormatError(`${path.join('.')}: ${message}`);
}

/** A tensor by name. @throws FormatError where the file has none */
export function tensorOf(tensors: Tensors, name: string): NamedArray {
  const found = tensors.get(name);
  if (!found)
    throw new FormatError(`the case has no tensor ${name}; there are ${[...tensors.keys()].join(', ')}`);
  return found;
}

/** The tensors whose names begin with `prefix`, without it. */
export function withPrefix(tensors: Tensors, prefix: string): Map<string, NamedArray> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, array]) => [name.slice(prefix.length), array]));
}
