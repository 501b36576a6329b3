import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Picture } from '../model/picture.ts';
import type { Choices } from '../runtime/tuner.ts';
import { errorCode, fileError, messageOf, UserError, usageError } from './errors.ts';
import { makeFolder, readRegularFile, remove, writeAtomic } from './files.ts';
import { encodePng } from './images/png.ts';
import { type Config, configDifferences, configText } from './run/config.ts';
import { lockFolder } from './run/lock.ts';

const CONFIG = 'config.json';
const LOCK = 'lock.json';
const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR'];
const MAX_CONFIG_BYTES = 1024 * 1024;
/** What a training writes; `--fresh` removes these and nothing else. */
const OWN =
  /^(config\.json|metrics\.jsonl|report\.html|quality\.json|comparison\.png|concepts\.(json|svg)|checkpoints|previews|analysis\.(json|svg)|ranks\.json|trials\.json|runs|bases|figures|claims\.json|study\.md|curve\.json|sample-\d+\.png|events\.out\.tfevents\..*|adapter_(config\.json|model\.safetensors)|(base|discriminator)\.safetensors)$/;

/** An open run folder: locked for this process, with its `config.json` in place. */
export interface RunFolder {
  readonly path: string;
  /** The folder held this run before. */
  readonly resumed: boolean;
  /** A path inside the folder. */
  file(...names: string[]): string;
  /** Gives the folder free; to be called however the run ends. */
  release(): Promise<void>;
}

/** How to open a run folder. */
export interface RunFolderOptions {
  /** Remove what an earlier run left and start anew. */
  readonly fresh?: boolean;
  /** Dotted names of settings that may differ when a run is resumed, such as `steps`. */
  readonly mayChange?: readonly string[];
  /** Whether `fresh` may remove an entry of the folder `path`, for runs that are no trainings. */
  readonly isOwn?: (name: string, path: string) => Promise<boolean>;
}

/**
 * Creates or resumes a run folder: made with its parents, locked, and checked to belong to a run with these settings.
 * @throws UserError if another process holds it, it holds something else, or it was begun with other settings.
 */
export async function openRunFolder(
  path: string,
  config: Config,
  options: RunFolderOptions = {},
): Promise<RunFolder> {
  await makeFolder(path);
  await requireRunFolder(path);
  const lock = await lockFolder(path);
  try {
    await removeLeftovers(path);
    if (options.fresh) await clear(path, options.isOwn ?? (async (name) => OWN.test(name)));
    const before = await readConfig(join(path, CONFIG));
    if (before) requireSame(path, configDifferences(before, config, options.mayChange ?? []));
    await writeAtomic(join(path, CONFIG), configText(config));
    const file = (...names: string[]) => join(path, ...names);
    return { path, resumed: before !== undefined, file, release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Whether a folder holds a run that was begun with these settings. */
export async function wasBegunWith(path: string, config: Config): Promise<boolean> {
  const before = await readConfig(join(path, CONFIG)).catch(() => undefined);
  return before !== undefined && configDifferences(before, config, []).length === 0;
}

const CHOICES = z.record(z.string(), z.string()).default({});

/**
 * The forms of kernels that the run in a folder was begun with; undefined where no run is to be resumed.
 * @throws UserError where `config.json` is damaged
 */
export async function choicesOfRun(path: string, { fresh = false } = {}): Promise<Choices | undefined> {
  const file = join(path, CONFIG);
  const config = fresh ? undefined : await readConfig(file);
  if (!config) return undefined;
  const { success, data } = CHOICES.safeParse(config.choices);
  if (success) return new Map(Object.entries(data));
  throw new UserError(`${file}: damaged (choices must map names to names); repair it or use --fresh`);
}

/** Writes `previews/step_<step>.png` and returns its path. */
export async function savePreview(run: RunFolder, step: number, picture: Picture): Promise<string> {
  await makeFolder(run.file('previews'));
  const path = run.file('previews', `step_${String(step).padStart(9, '0')}.png`);
  await writeAtomic(path, encodePng(picture));
  return path;
}

/** A folder with files but without a config is somebody's else. */
async function requireRunFolder(path: string): Promise<void> {
  const names = await readdir(path).catch((error) => {
    throw fileError(path, 'list the folder', error);
  });
  const foreign = names.filter((name) => !name.startsWith(LOCK) && !name.startsWith('.'));
  if (foreign.length > 0 && !names.includes(CONFIG)) {
    throw usageError(`${path}: is not empty and no run folder (it has no ${CONFIG}); choose another folder`);
  }
}

async function readConfig(path: string): Promise<Config | undefined> {
  try {
    const config: unknown = JSON.parse((await readRegularFile(path, MAX_CONFIG_BYTES)).toString('utf8'));
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as Config;
    throw new Error('a JSON object is needed');
  } catch (error) {
    if (error instanceof UserError && ABSENT.includes(errorCode(error.cause))) return undefined;
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: damaged (${messageOf(error)}); repair it or use --fresh`, 1, {
      cause: error,
    });
  }
}

function requireSame(path: string, differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw usageError(
    `${path}: this run was begun with other settings (${differences.join('; ')}); repeat them, choose another folder, or use --fresh`,
  );
}

/** What a process that was killed was writing. Its lock was taken over, so it writes no more; heirs-to-be may. */
async function removeLeftovers(path: string): Promise<void> {
  const left = (await readdir(path)).filter((name) => /^\..+\.\d+\.tmp$/.test(name));
  for (const name of left)
    if (!name.startsWith(`.${LOCK}`)) await rm(join(path, name), { force: true }).catch(() => {});
}

async function clear(path: string, isOwn: NonNullable<RunFolderOptions['isOwn']>): Promise<void> {
  for (const name of await readdir(path)) if (await isOwn(name, path)) await remove(join(path, name));
}
