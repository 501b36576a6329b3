import { createHash, randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errorCode, fileError, UserError } from '../errors.ts';
import { writeAtomic } from '../files.ts';

/** The right of one process to write into a folder. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Who holds a lock. `birth` tells a process from a later one with the same id; empty where the system cannot say. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly birth: string;
  readonly since: string;
}

/** Locks that this process holds, as they are written; one of its own that it failed to remove is no longer among them. */
const held = new Set<string>();

/**
 * Takes the lock of a folder (`lock.json`). A lock whose process has ended is taken over.
 * @throws UserError naming the process that holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'lock.json');
  const mine = JSON.stringify({ ...(await ownIdentity()), id: randomUUID() });
  held.add(mine);
  try {
    if (!(await createExclusively(path, mine))) await takeOver(path, mine);
  } catch (error) {
    held.delete(mine);
    throw error;
  }
  return {
    async release() {
      held.delete(mine);
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text !== mine) return;
      await removeTemporaries(path);
      await rm(path, { force: true }).catch((error) => {
        throw fileError(path, 'remove the lock', error);
      });
    },
  };
}

async function ownIdentity(): Promise<Owner> {
  const birth = await birthOf(process.pid);
  return { pid: process.pid, host: hostname(), birth, since: new Date().toISOString() };
}

/** Boot and start time of a process on Linux; elsewhere an empty string. */
async function birthOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    // The name in parentheses may hold spaces; after it the start time is the 20th field.
    return `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '';
  }
}

/** Codes of file systems that have no second names for a file. */
const UNLINKABLE: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Temporary files that this process is about to link. Each try has one of its own: a second name shares the content. */
const linking = new Set<string>();
let tries = 0;

/** False if the file is there already. It appears with all its content or not at all, whenever this process dies. */
async function createExclusively(path: string, content: string): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(path)}.${++tries}.${process.pid}.tmp`);
  linking.add(temporary);
  try {
    await writeFile(temporary, content);
    await link(temporary, path).catch(async (error) => {
      if (!UNLINKABLE.includes(errorCode(error))) throw error;
      await writeFile(path, content, { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw fileError(path, 'lock the folder', error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
    linking.delete(temporary);
  }
}

/** Removes what processes that are gone, or this one, were to link and could not remove. */
async function removeTemporaries(path: string): Promise<void> {
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const pid = Number(/\.(\d+)\.tmp$/.exec(name)?.[1]);
    const file = join(dirname(path), name);
    if (!pid || !name.startsWith(`.${basename(path)}.`) || linking.has(file)) continue;
    if (pid === process.pid || !isRunning(pid)) await rm(file, { force: true }).catch(() => {});
  }
}

/** Where the process that follows a dead owner says so. Texts are unique, so nobody is followed twice. */
const heirOf = (path: string, text: string): string =>
  `${path}.after-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

/**
 * Replaces a dead owner's lock. Whoever creates the file of the heir is the only one; heirs that died before they were
 * done are followed in turn. The lock is replaced before these files go, so that a latecomer who finds none sees the new lock.
 */
async function takeOver(path: string, mine: string): Promise<void> {
  const dead = await readDeadLock(path);
  let heir = heirOf(path, dead);
  while (!(await createExclusively(heir, mine))) heir = heirOf(path, await readDeadLock(heir));
  try {
    if ((await readFile(path, 'utf8').catch(() => '')) !== dead) throw justTaken(path);
    await writeAtomic(path, mine);
  } catch (error) {
    await rm(heir, { force: true }).catch(() => {});
    throw error;
  }
  await removeHeirs(path);
}

/** What is left does no harm: no lock names it any more. */
async function removeHeirs(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  const heirs = names.filter((name) => name.startsWith(`${basename(path)}.after-`));
  for (const name of heirs) await rm(join(dirname(path), name), { force: true }).catch(() => {});
}

const justTaken = (path: string) =>
  new UserError(`${path}: another process has just had this folder; try again`);

/** The text of a lock whose owner is gone. @throws UserError if the owner lives or cannot be judged. */
async function readDeadLock(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw errorCode(error) === 'ENOENT' ? justTaken(path) : fileError(path, 'read the lock', error);
  });
  const owner = parseOwner(text);
  if (!owner)
    throw new UserError(`${path}: the lock is damaged; if nobody uses the folder, remove this file`);
  if (owner.host !== hostname()) {
    throw new UserError(
      `${path}: in use by process ${owner.pid} on ${owner.host} since ${owner.since}; if it has ended, remove this file`,
    );
  }
  if (owner.pid === process.pid ? held.has(text) : await isAlive(owner)) {
    throw new UserError(
      `${path}: in use by process ${owner.pid} since ${owner.since}; wait for it, or choose another folder`,
    );
  }
  return text;
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, birth, since } = JSON.parse(text);
    const whole =
      Number.isSafeInteger(pid) && pid > 0 && [host, birth, since].every((v) => typeof v === 'string');
    return whole ? { pid, host, birth, since } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

async function isAlive({ pid, birth }: Owner): Promise<boolean> {
  if (!isRunning(pid)) return false;
  const now = await birthOf(pid);
  return birth === '' || now === '' || now === birth;
}
