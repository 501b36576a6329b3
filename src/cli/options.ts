import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import type { StoredDtype } from '../model/safetensors.ts';
import { usageError } from './errors.ts';

const INTEGER = /^-?[0-9]+$/;
const NUMBER = /^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/;
const SIZE = /^([0-9]+)(?:x([0-9]+))?$/;
const MAX_SEED = 2 ** 32 - 1;

/** Smallest and largest value accepted, both included. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A parser for commander's `.option(flags, text, parser)`: whole numbers in decimal digits, nothing else. */
export function integer(bounds: Bounds): (text: string) => number {
  return (text) => {
    if (!INTEGER.test(text)) throw refusal('a whole number in decimal digits');
    return checkBounds(Number(text), text, bounds);
  };
}

/** A parser of decimal numbers, an exponent allowed (`0.0002`, `2e-4`). */
export function decimal(bounds: Bounds): (text: string) => number {
  return (text) => {
    if (!NUMBER.test(text)) throw refusal('a decimal number');
    return checkBounds(Number(text), text, bounds);
  };
}

/** A parser of seeds: 0 to 2^32 - 1. */
export const seed = integer({ min: 0, max: MAX_SEED });

/** A parser of picture sizes: `256` for a square or `320x240`, both sides multiples of `multiple`. */
export function size(multiple: number, bounds: Bounds): (text: string) => Size {
  return (text) => {
    const match = SIZE.exec(text);
    if (!match) throw refusal('a size such as 256 or 320x240');
    const side = (digits: string) => {
      const pixels = checkBounds(Number(digits), digits, bounds);
      if (pixels % multiple === 0) return pixels;
      throw new InvalidArgumentError(`${digits} is not a multiple of ${multiple}`);
    };
    return { width: side(match[1]!), height: side(match[2] ?? match[1]!) };
  };
}

/** A parser of the types that weights are stored in, `f16` or `f32`. */
export function storedDtype(value: string): StoredDtype {
  if (value === 'f16' || value === 'f32') return value === 'f16' ? 'F16' : 'F32';
  throw refusal('f16 or f32');
}

/** A parser of texts that must not be empty, such as paths. */
export function text(value: string): string {
  if (value === '') throw refusal('a value');
  if (value.includes('\0')) throw new InvalidArgumentError('it holds a NUL character');
  return value;
}

function refusal(wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${wanted} is needed`);
}

function checkBounds(value: number, text: string, { min, max }: Bounds): number {
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`${text} is not from ${min} to ${max}`);
}

/** Makes a command and all its sub-commands throw instead of printing errors and leaving; for `runCommand`. */
export function throwErrors(command: Command): Command {
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError();
  command.commands.forEach(throwErrors);
  return command;
}

/**
 * Parses `argv` (with node and script first) and runs the chosen command's action. Help and version end normally.
 * @throws UserError with exit code 2 for wrong usage: unknown flags (with a suggestion), missing or bad values,
 * conflicting flags; and whatever the action throws.
 */
export async function runCommand(command: Command, argv: readonly string[]): Promise<void> {
  try {
    await throwErrors(command).parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    if (error.code === 'commander.help') throw usageError('a command is needed; see e2gan --help');
    throw usageError(
      error.message
        .replace(/^error: /, '')
        .replace(/\n/g, ' ')
        .trim(),
    );
  }
}
