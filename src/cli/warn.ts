import { escapeControl } from './errors.ts';

/** Tells the user on stderr of something odd that does not end the work. */
export function warn(line: string): void {
  process.stderr.write(`e2gan: warning: ${escapeControl(line)}\n`);
}
