import { posix } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { parseCsv } from './csv.ts';
import { type Finder, type FolderTree, type FoundPair, splitName } from './layout.ts';

const INPUT = [
  'input_file_name',
  'input_image',
  'original_image',
  'source_file_name',
  'before_file_name',
  'input',
  'source',
];
const TARGET = [
  'output_file_name',
  'target_file_name',
  'edited_file_name',
  'edited_image',
  'output_image',
  'after_file_name',
  'output',
  'target',
];
const PROMPT = ['edit_prompt', 'edit_instruction', 'prompt', 'instruction', 'text'];

type Row = Record<string, unknown>;

/** `metadata.jsonl` or `metadata.csv` beside the pictures, one row per pair, as Hugging Face's imagefolder has it. */
export const metadataRows: Finder = async (tree, context) => {
  const { descriptions, pictures } = context.listing;
  const path = ['jsonl', 'csv', 'parquet']
    .map((kind) => `${tree.path}metadata.${kind}`)
    .find((p) => descriptions.has(p));
  if (!path) return undefined;
  if (path.endsWith('parquet'))
    throw new UserError(`${path}: Parquet is not read; write it as metadata.jsonl`);
  const text = await context.readText(path);
  const rows = path.endsWith('csv') ? parseTable(text, path) : parseLines(text, path);
  const present = new Set(pictures);
  const pairs: FoundPair[] = [];
  const missing: string[] = [];
  for (const [i, row] of rows.entries()) {
    const pair = readRow(row, tree, `${path}: row ${i + 1}`);
    const absent = [pair.input, pair.target].filter((file) => !present.has(file));
    if (absent.length > 0) missing.push(...absent);
    else pairs.push(pair);
  }
  return { layout: posix.basename(path), pairs, missing };
};

function parseTable(text: string, path: string): Row[] {
  try {
    return parseCsv(text);
  } catch (error) {
    throw new UserError(`${path}: no comma-separated table: ${messageOf(error)}`, 1, { cause: error });
  }
}

function parseLines(text: string, path: string): Row[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      const row: unknown = JSON.parse(i === 0 ? line.replace(/^\ufeff/, '') : line);
      if (typeof row === 'object' && row !== null && !Array.isArray(row)) return [row as Row];
      throw new Error('an object is needed');
    } catch (error) {
      throw new UserError(`${path}: line ${i + 1} is no JSON object: ${messageOf(error)}`, 1, {
        cause: error,
      });
    }
  });
}

function readRow(row: Row, tree: FolderTree, where: string): FoundPair {
  const input = firstText(row, INPUT);
  const target = firstText(row, TARGET);
  if (input === undefined || target === undefined) {
    throw new UserError(
      `${where} names no pair (columns ${Object.keys(row).join(', ')}); use input_file_name and output_file_name`,
    );
  }
  const prompt = firstText(row, PROMPT);
  const concept = firstText(row, ['concept']);
  const split = splitName(firstText(row, ['split']) ?? input.split('/', 1)[0]!);
  return {
    input: pathInside(tree, input, where),
    target: pathInside(tree, target, where),
    ...(prompt !== undefined && { prompt }),
    ...(concept !== undefined && { concept }),
    ...(split !== undefined && { split }),
  };
}

function firstText(row: Row, columns: readonly string[]): string | undefined {
  const value = columns.filter((column) => Object.hasOwn(row, column)).map((column) => row[column])[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function pathInside(tree: FolderTree, name: string, where: string): string {
  const path = posix.normalize(tree.path + name.replaceAll('\\', '/'));
  if (posix.isAbsolute(name) || /^[A-Za-z]:/.test(name) || path.startsWith('..')) {
    throw new UserError(`${where} names ${name}, which lies outside the data folder`);
  }
  return path;
}
