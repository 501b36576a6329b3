import { type ChildProcess, spawn } from 'node:child_process';
import { errorCode, escapeControl, messageOf } from '../errors.ts';
import { TeacherError } from './teacher.ts';

const KEPT_OUTPUT = 4096;
const LONGEST_REASON = 240;
const isWindows = process.platform === 'win32';

// A name that stands nowhere is EACCES where the user may not look into some folder of PATH.
const isMissing = (program: string, code: string | undefined): boolean =>
  code === 'ENOENT' || (code === 'EACCES' && !/[/\\]/.test(program));

const running = new Set<ChildProcess>();
let isWatching = false;

/** Programs must not outlive this one, and have process groups of their own, out of Ctrl-C's reach. */
function watchExit(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => running.forEach(killGroup));
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    isWindows ? child.kill('SIGKILL') : process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended.
  }
}

/**
 * Runs a program to its end, without a shell and without input.
 * @param isOnly whether nothing can be done without this program
 * @throws TeacherError with the last line it complained with, where it is missing, fails or takes too long
 */
export async function runChild(
  [program, ...rest]: readonly string[],
  timeoutMs: number,
  isOnly: boolean,
): Promise<void> {
  watchExit();
  const name = escapeControl(program!);
  const child = spawn(program!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !isWindows,
    windowsHide: true,
  });
  running.add(child);
  let said = '';
  let isLate = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_OUTPUT);
    });
  }
  const watchdog = setTimeout(() => {
    isLate = true;
    killGroup(child);
  }, timeoutMs);
  try {
    const end = await endOf(child);
    if (isLate) throw new TeacherError('skip', `${name}: not done in ${timeoutMs / 1000} s (--timeout)`);
    if (end !== 'code 0') throw new TeacherError('skip', `${name}: ended with ${end}${lastLine(said)}`);
  } catch (error) {
    if (error instanceof TeacherError) throw error;
    const reason = isMissing(program!, errorCode(error)) ? 'there is no such program' : messageOf(error);
    throw new TeacherError(isOnly ? 'end' : 'skip', `${name}: ${reason}`, undefined, { cause: error });
  } finally {
    clearTimeout(watchdog);
    // What it left behind would hold the pipes open, and may still write.
    killGroup(child);
    running.delete(child);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** How a program ended. Its output has usually come by then; what its own children say later does not count. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      const end = code === null ? `signal ${signal}` : `code ${code}`;
      const timer = setTimeout(() => resolve(end), 200);
      child.on('close', () => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
}

function lastLine(said: string): string {
  const line = said
    .trim()
    .split(/[\r\n]+/)
    .at(-1)
    ?.trim();
  return line ? `: ${escapeControl(line).slice(0, LONGEST_REASON)}` : '';
}
