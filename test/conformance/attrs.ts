import { z } from 'zod';

/** A case needs an op, or an option of one, that the engine does not have: it is skipped, not failed. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

const square = (n: number): [number, number] => [n, n];
const whole = z.int().nonnegative();

/** (vertical, horizontal), or one number for both. */
export const pair = z.union([z.tuple([whole, whole]), whole.transform(square)]);

/** Attributes that only describe; a row that reads one of these lists it itself. */
const NOTES = {
  form: z.string().optional(),
  layout: z.string().optional(),
  note: z.string().optional(),
  ties: z.string().optional(),
};

/**
 * Attributes of a case or of a graph's node by the shape that an op knows.
 * @throws Unsupported naming the option that is not in it
 */
export function readAttrs<S extends z.ZodRawShape>(shape: S, given: unknown): z.output<z.ZodObject<S>> {
  const parsed = z.strictObject({ ...NOTES, ...shape }).safeParse(given);
  if (parsed.success) return parsed.data as z.output<z.ZodObject<S>>;
  const { path, message } = parsed.error.issues[0]!;
  const [option] = path;
  if (option === undefined) throw new Unsupported(`unsupported: ${message}`);
  const value = JSON.stringify((given as Record<PropertyKey, unknown>)[option]);
  throw new Unsupported(`unsupported ${String(option)} ${value}`);
}
