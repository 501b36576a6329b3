import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { TunedKey } from '../runtime/tune.ts';
import { type AdapterNames, shippedChoices } from '../runtime/tuned_defaults.ts';
import type { Choices } from '../runtime/tuner.ts';
import { errorCode, messageOf } from './errors.ts';
import { makeFolder, readRegularFile, writeAtomic } from './files.ts';
import { packageVersion } from './version.ts';
import { warn } from './warn.ts';

const MAX_BYTES = 8 * 1024 * 1024;

const ADAPTER = z.strictObject({
  vendor: z.string(),
  architecture: z.string(),
  device: z.string(),
  /** Names the driver with its version. */
  description: z.string(),
  engine: z.string(),
});

const FORM = z.strictObject({
  form: z.string(),
  byDefault: z.string(),
  /** Median milliseconds of the form and of the default. */
  ms: z.number().nonnegative(),
  defaultMs: z.number().nonnegative(),
});

const FILE = z.strictObject({ format: z.literal(1), adapter: ADAPTER, forms: z.record(z.string(), FORM) });

/** What was found for one key. */
export type TunedForm = z.infer<typeof FORM>;
export type TunedForms = ReadonlyMap<string, TunedForm>;

/** Whether nothing tuned is to be used: `E2GAN_TUNED=off`. */
export const isTunedOff = (): boolean => process.env.E2GAN_TUNED === 'off';

/** The user's cache folder: `E2GAN_CACHE`, else `e2gan` in the system's place for caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.E2GAN_CACHE) return env.E2GAN_CACHE;
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'e2gan');
  const { XDG_CACHE_HOME: xdg } = env;
  // The standard has relative paths ignored.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'e2gan');
}

/** Adapter, driver and engine: forms that were measured with one say nothing of another. */
const identityOf = ({
  vendor,
  architecture,
  device,
  description,
}: AdapterNames): z.infer<typeof ADAPTER> => ({
  vendor,
  architecture,
  device,
  description,
  engine: packageVersion,
});

/** The file that holds what was measured on an adapter. */
export function tunedFile(names: AdapterNames): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(identityOf(names)))
    .digest('hex')
    .slice(0, 12);
  const name = (names.device || names.vendor || 'device')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  return join(cacheFolder(), `tuned-${name.toLowerCase()}-${hash}.json`);
}

/** What was measured on an adapter; null where there is no file, or one that cannot be used, which `tell` is told. */
export async function readTuned(names: AdapterNames, tell = warn): Promise<TunedForms | null> {
  const path = tunedFile(names);
  const remedy = 'ignored; npx e2gan tune writes it anew';
  try {
    const { adapter, forms } = FILE.parse(
      JSON.parse((await readRegularFile(path, MAX_BYTES)).toString('utf8')),
    );
    if (JSON.stringify(adapter) === JSON.stringify(identityOf(names))) return new Map(Object.entries(forms));
    tell(`${path}: was measured on another device, driver or version; ${remedy}`);
  } catch (error) {
    if (error instanceof Error && errorCode(error.cause) === 'ENOENT') return null;
    const reason = error instanceof z.ZodError ? z.prettifyError(error).split('\n')[0] : messageOf(error);
    tell(`${path}: damaged (${reason}); ${remedy}`);
  }
  return null;
}

const entryOf = ({ key, best, byDefault, ms }: TunedKey): [string, TunedForm] => [
  key,
  { form: best, byDefault, ms: ms.get(best)!, defaultMs: ms.get(byDefault)! },
];

/** Adds what was measured to the file; a damaged one is replaced. @throws UserError where it cannot be written */
export async function writeTuned(names: AdapterNames, keys: readonly TunedKey[]): Promise<void> {
  const before = await readTuned(names, () => {});
  const forms = new Map([...(before ?? []), ...keys.map(entryOf)]);
  const sorted = Object.fromEntries([...forms].sort(([a], [b]) => (a < b ? -1 : 1)));
  await makeFolder(cacheFolder());
  const content = { format: 1, adapter: identityOf(names), forms: sorted };
  await writeAtomic(tunedFile(names), `${JSON.stringify(content, null, 1)}\n`);
}

/** The forms to use on an adapter: what the package brings, and before it what was measured here. Defaults are left out. */
export async function tunedChoices(names: AdapterNames): Promise<Choices> {
  const choices = new Map(shippedChoices(names));
  for (const [key, { form, byDefault }] of (await readTuned(names)) ?? []) {
    if (form === byDefault) choices.delete(key);
    else choices.set(key, form);
  }
  return choices;
}
