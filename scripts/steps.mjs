// @ts-check
// Child processes: quiet steps with their time, and the one command that takes over the terminal.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A failure that the user can mend; its message is all that is printed. */
export class SetupError extends Error {}

/** @param {string} line goes to stderr, so that stdout belongs to the command itself */
export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/**
 * Runs a command to its end and keeps what it prints.
 * @param {string} command @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} code 127 where it cannot be started
 */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: stderr + error.message }));
    child.on('close', (code, signal) => resolve({ code: exitCode(code, signal), stdout, stderr }));
  });
}

/**
 * Prints `title … 1.2 s` around a command; shows the command's output only where it fails.
 * @param {string} title @param {string} command @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @throws {SetupError} where the command fails
 */
export async function step(title, command, args, options = {}) {
  process.stderr.write(`setup: ${title} … `);
  const start = performance.now();
  const { code, stdout, stderr } = await capture(command, args, options);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stderr.write(code === 0 ? `${seconds} s\n` : `failed after ${seconds} s\n${stdout}${stderr}\n`);
  if (code !== 0) throw new SetupError(`"${[command, ...args].join(' ')}" ended with exit code ${code}`);
}

/**
 * Hands the terminal to a command and waits for it. Ctrl-C reaches the child by itself; a SIGTERM is passed on.
 * @param {string} command @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<number>} the exit code; 128 + the signal's number where one ended it
 */
export function attend(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'inherit' });
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(exitCode(code, signal)));
  });
}

/** @param {number | null} code @param {NodeJS.Signals | null} signal */
function exitCode(code, signal) {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

/**
 * npm as a command: its own script where this was started by npm, so that no shell is needed on Windows either.
 * @param {string[]} args
 * @returns {[command: string, args: string[]]}
 */
export function npm(args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}
