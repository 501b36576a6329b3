import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readDescription } from '../data/concepts.ts';
import { messageOf, UserError } from '../errors.ts';

const NODE = z.looseObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) });
const API_FORMAT = z.record(z.string(), NODE);

/** What may stand in a workflow between percent signs. */
const PLACEHOLDER = /%(input|prompt|negative|seed|width|height)%/g;

/** Values of the placeholders; a text that is nothing but a placeholder takes its value's type. */
export interface WorkflowValues {
  readonly input: string;
  readonly prompt: string;
  readonly negative: string;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
}

/** A ComfyUI workflow in API format with placeholders. */
export interface Workflow {
  /** SHA-256 of the file's text. */
  readonly sha256: string;
  fill(values: WorkflowValues): unknown;
}

/**
 * Reads a workflow as "Save (API Format)" writes it, with `%input%` where the picture's name belongs.
 * @throws UserError where it is something else, the editor's own format above all
 */
export async function readWorkflow(path: string): Promise<Workflow> {
  const text = await readDescription(path);
  const json = parse(text, path);
  const holds = (name: string) => text.includes(`%${name}%`);
  if (!holds('input')) {
    const where = 'put it where the LoadImage node has its file name';
    throw new UserError(`${path}: has no %input%; ${where}, and %prompt% and %seed% where they belong`);
  }
  if (!holds('prompt')) throw new UserError(`${path}: has no %prompt%; put it into the instruction's text`);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { sha256, fill: (values) => filled(json, values) };
}

function parse(text: string, path: string): z.infer<typeof API_FORMAT> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new UserError(`${path}: no JSON: ${messageOf(error)}`, 1, { cause: error });
  }
  const parsed = API_FORMAT.safeParse(json);
  if (parsed.success) return parsed.data;
  const isEditors = typeof json === 'object' && json !== null && 'nodes' in json && 'links' in json;
  const what = isEditors ? "ComfyUI's editor format" : 'no workflow in API format';
  throw new UserError(`${path}: ${what}; export it with "Save (API Format)" or "Export (API)"`);
}

function filled(part: unknown, values: WorkflowValues): unknown {
  if (typeof part === 'string') return filledText(part, values);
  if (Array.isArray(part)) return part.map((item) => filled(item, values));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, filled(value, values)]));
}

function filledText(text: string, values: WorkflowValues): string | number {
  const [whole, name] = [...text.matchAll(PLACEHOLDER)][0] ?? [];
  if (whole === text) return values[name as keyof WorkflowValues];
  return text.replace(PLACEHOLDER, (_, key: keyof WorkflowValues) => String(values[key]));
}
