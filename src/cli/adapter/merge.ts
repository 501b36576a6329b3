import { ADAPTER_METADATA } from '../../model/adapter_file.ts';
import { mergeAdapters } from '../../model/adapter_update.ts';
import { quoted } from '../../model/format_error.ts';
import { type MergedAdapter, mergedAdapters, withRecords } from '../../model/merge_record.ts';
import { writeGenerator } from '../../model/network_file.ts';
import type { StoredDtype } from '../../model/safetensors.ts';
import {
  fitsBase,
  type LoadedAdapter,
  modulesOf,
  originOf,
  parseAdapterArgument,
  readFittingAdapter,
  trainedOn,
} from '../adapter_argument.ts';
import { type BaseModel, readBaseModel } from '../base_model.ts';
import { escapeControl, messageOf, UserError, usageError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { requireFileOutput } from '../outputs.ts';
import { warn } from '../warn.ts';
import { adapterName, inPath, sha256 } from './stored.ts';

/** Options of `merge` and `unmerge`, as commander parses them. */
export interface MergeOptions {
  readonly strength?: number;
  readonly dtype?: StoredDtype;
  readonly anyBase?: boolean;
  readonly force?: boolean;
}

/** Refuses an adapter that says it was trained on another base. @throws UserError naming both hashes */
function requireSameBase(adapter: LoadedAdapter, base: BaseModel, anyBase = false): void {
  if (anyBase || fitsBase(adapter, base)) return;
  const wanted = trainedOn(adapter)!;
  const named = /^[0-9a-f]{64}$/.test(wanted) ? wanted : quoted(wanted);
  throw new UserError(
    `${adapter.path}: was trained on the base ${named}, but ${base.path} is ${originOf(base)}; give that base, or --any-base to go on`,
  );
}

function argumentOf(value: string, strength: number | undefined) {
  try {
    return parseAdapterArgument(value, strength);
  } catch (error) {
    throw usageError(`${value}: ${messageOf(error)} (the strength after the colon)`);
  }
}

const recordOf = (loaded: LoadedAdapter): MergedAdapter => ({
  name: adapterName(loaded),
  prompt: loaded.adapter.metadata.get(ADAPTER_METADATA.prompt) ?? '',
  sha256: sha256(loaded.bytes),
  strength: loaded.strength,
});

/** The generator's file with adapters added, and its records changed to `records`. */
function changed(
  base: BaseModel,
  adapters: readonly LoadedAdapter[],
  records: readonly MergedAdapter[],
  dtype: StoredDtype = 'F32',
): Uint8Array {
  const { config, weights, about } = base.generator;
  return inPath(base.path, () => {
    const file = {
      config,
      weights: mergeAdapters(weights, modulesOf(base), adapters),
      about: withRecords(about, originOf(base), records),
    };
    return writeGenerator(file, dtype);
  });
}

const recordText = ({ name, strength }: MergedAdapter): string => `${name} x ${strength}`;

/** `e2gan adapter merge BASE ADAPTER... OUT`: a generator with adapters in its weights. @throws UserError */
export async function merge(
  basePath: string,
  paths: readonly string[],
  options: MergeOptions,
): Promise<void> {
  const [given, out] = [paths.slice(0, -1), paths.at(-1)!];
  if (given.length === 0) throw usageError('merge: adapters and then the file to write are needed');
  const wanted = given.map((value) => argumentOf(value, options.strength));
  await requireFileOutput(out, '.safetensors', options.force ?? false);
  const base = await readBaseModel(basePath);
  const before = inPath(basePath, () => mergedAdapters(base.generator.about));
  const adapters: LoadedAdapter[] = [];
  for (const argument of wanted) {
    const loaded = await readFittingAdapter(argument, base, warn);
    requireSameBase(loaded, base, options.anyBase);
    adapters.push(loaded);
  }
  const records = [...before, ...adapters.map(recordOf)];
  const bytes = changed(base, adapters, records, options.dtype);
  await writeAtomic(out, bytes);
  console.log(
    escapeControl(`${out}: ${base.name} with ${records.map(recordText).join(', ')}, ${bytes.length} bytes`),
  );
}

/** The record of an adapter in a merged file, and the others; without a record, `--any-base` takes its word. */
function takeRecord(base: BaseModel, loaded: LoadedAdapter, { strength, anyBase }: MergeOptions) {
  const records = inPath(base.path, () => mergedAdapters(base.generator.about));
  const { sha256: hash } = recordOf(loaded);
  // The same adapter may have been merged twice: the strength tells which is meant.
  const same = records.filter((record) => record.sha256 === hash);
  const record =
    same.find((one) => one.strength === strength) ?? (strength === undefined ? same[0] : undefined);
  if (record) return { strength: record.strength, rest: records.filter((one) => one !== record) };
  if (anyBase) return { strength: strength ?? 1, rest: records };
  requireSameBase(loaded, base);
  const held = records.map(recordText).join(', ') || 'none';
  const sought = strength === undefined ? hash : `${hash} at strength ${strength}`;
  throw new UserError(
    `${base.path}: has no record of ${loaded.path} (${sought}); its adapters: ${held}; --any-base subtracts it all the same`,
  );
}

/** `e2gan adapter unmerge MERGED ADAPTER OUT`: takes an adapter out of a generator again. @throws UserError */
export async function unmerge(
  mergedPath: string,
  adapterPath: string,
  out: string,
  options: MergeOptions,
): Promise<void> {
  await requireFileOutput(out, '.safetensors', options.force ?? false);
  const base = await readBaseModel(mergedPath);
  const found = await readFittingAdapter({ path: adapterPath, strength: 1 }, base, warn);
  const { strength, rest } = takeRecord(base, found, options);
  const bytes = changed(base, [{ ...found, strength: -strength }], rest, options.dtype);
  await writeAtomic(out, bytes);
  console.log(
    escapeControl(
      `${out}: ${base.name} without ${adapterName(found)} x ${strength}; left in it: ${rest.map(recordText).join(', ') || 'none'}, ${bytes.length} bytes`,
    ),
  );
}
