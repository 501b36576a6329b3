import { FormatError } from '../model/format_error.ts';

/** How a command can end badly: 1 it failed, 2 it was called wrongly, 3 a gate fell short. */
export type FailureCode = 1 | 2 | 3;

/** An error for the user: one line that names the file or flag, the reason and the remedy. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: FailureCode;

  constructor(message: string, exitCode: FailureCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A UserError for wrong flags, arguments or configuration: exit code 2. */
export function usageError(message: string): UserError {
  return new UserError(message, 2);
}

const BIDI_OR_LINE = '\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069';
const UNPRINTABLE = new RegExp(`[\\p{Cc}\\p{Cs}${BIDI_OR_LINE}]`, 'gu');

/** Text with control, line-breaking and direction-changing characters spelled out, so that a name cannot drive a terminal. */
export function escapeControl(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    const code = char.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a folder, a file is needed',
  ENOTDIR: 'is not a folder',
  EEXIST: 'exists already',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ELOOP: 'links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EXDEV: 'the folder lies on two file systems',
  ENXIO: 'not a regular file',
  ERR_INVALID_ARG_VALUE: 'the path holds a NUL character',
};

/** The system code (`ENOENT`, ...) of a thrown value, or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Turns a file system failure into `path: cannot <action>: reason`; a UserError passes unchanged. */
export function fileError(path: string, action: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  const reason = REASONS[errorCode(cause)] ?? messageOf(cause);
  return new UserError(`${path}: cannot ${action}: ${reason}`, 1, { cause });
}

interface ReportOptions {
  readonly debug: boolean;
  readonly write?: (text: string) => void;
}

/**
 * Prints `e2gan: reason` as one line (the stack too with `debug`) and returns the exit code to leave with. UserError and
 * the formats' FormatError are expected; anything else is called unexpected.
 */
export function reportError(error: unknown, options: ReportOptions): FailureCode {
  const write = options.write ?? ((text: string) => void process.stderr.write(text));
  const expected = error instanceof UserError || error instanceof FormatError;
  const hint = expected || options.debug ? '' : ' (unexpected; run again with --debug for the stack)';
  write(`e2gan: ${escapeControl(messageOf(error))}${hint}\n`);
  if (options.debug && error instanceof Error && error.stack) write(`${error.stack}\n`);
  return error instanceof UserError ? error.exitCode : 1;
}

/** Ends the process quietly when the reader of `stream` has gone away (`e2gan ... | head`). */
export function leaveOnBrokenPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') process.exit(0);
    throw error;
  });
}
