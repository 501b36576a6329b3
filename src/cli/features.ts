import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { ClipTokenizer } from '../model/clip_tokens.ts';
import {
  clipPictures,
  clipPrompts,
  type Features,
  inceptionPictures,
  standInPictures,
  standInPrompts,
  type Tensors,
} from '../model/features.ts';
import { inFile } from '../model/format_error.ts';
import type { Picture } from '../model/picture.ts';
import { readSafetensors } from '../model/safetensors.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { UserError, usageError } from './errors.ts';
import { readRegularFile } from './files.ts';
import { withLastingGpu } from './lasting_device.ts';

const MAX_BYTES = 2 ** 31;
const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024;
const TOKENIZER = 'tokenizer.json';

/** Which features `--features` asks for. */
export type FeatureChoice =
  | { readonly kind: 'stand-in' }
  | { readonly kind: 'clip' | 'inception'; readonly path: string };

/** A parser of `stand-in`, `clip=FILE` and `inception=FILE`. */
export function featureChoice(value: string): FeatureChoice {
  if (value === 'stand-in') return { kind: 'stand-in' };
  const match = /^(clip|inception)=(.+)$/s.exec(value);
  if (!match || value.includes('\0'))
    throw new InvalidArgumentError('clip=FILE, inception=FILE or stand-in is needed');
  return { kind: match[1] as 'clip' | 'inception', path: match[2]! };
}

/** `--features` for a command that uses them `for` something. */
export const featuresOption = (purpose: string): Option =>
  new Option('--features <which>', `features ${purpose}: clip=FILE, inception=FILE or stand-in`)
    .argParser(featureChoice)
    .default({ kind: 'stand-in' } satisfies FeatureChoice, 'stand-in');

/** A choice as it was written, for `config.json`. */
export const choiceText = (choice: FeatureChoice): string =>
  choice.kind === 'stand-in' ? choice.kind : `${choice.kind}=${choice.path}`;

interface WeightsFile {
  readonly tensors: Tensors;
  /** Name and checksum, for reports. */
  readonly label: string;
}

async function readWeights(path: string): Promise<WeightsFile> {
  const bytes = await readRegularFile(path, MAX_BYTES);
  const { tensors } = inFile(path, () => readSafetensors(bytes));
  const sha256 = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return { tensors, label: `${basename(path)}, sha256 ${sha256}` };
}

/** Features named after their file, whose errors are as well. */
async function fromFile<T>(
  path: string,
  { tensors, label }: WeightsFile,
  make: (tensors: Tensors) => Promise<Features<T>>,
): Promise<Features<T>> {
  const made = await make(tensors).catch((error) =>
    inFile(path, (): never => {
      throw error;
    }),
  );
  return { ...made, name: `${made.name}, ${label}` };
}

/** Opens features of pictures. @throws UserError, FormatError naming the file */
export async function openPictureFeatures(gpu: Gpu, choice: FeatureChoice): Promise<Features<Picture>> {
  if (choice.kind === 'stand-in') return standInPictures;
  const make = choice.kind === 'clip' ? clipPictures : inceptionPictures;
  return fromFile(choice.path, await readWeights(choice.path), (tensors) => make(gpu, tensors));
}

/** Whether a choice can say something of prompts: CLIP with its tokenizer beside, or the stand-in. */
export function readsPrompts(choice: FeatureChoice): boolean {
  if (choice.kind !== 'clip') return choice.kind === 'stand-in';
  return existsSync(join(dirname(choice.path), TOKENIZER));
}

/** Opens features of prompts. @throws UserError, FormatError naming the file */
export async function openPromptFeatures(gpu: Gpu, choice: FeatureChoice): Promise<Features<string>> {
  if (choice.kind === 'stand-in') return standInPrompts;
  if (choice.kind === 'inception')
    throw usageError(`--features inception=${choice.path}: reads no prompts; give clip=FILE or stand-in`);
  const path = join(dirname(choice.path), TOKENIZER);
  if (!readsPrompts(choice))
    throw new UserError(`${path}: CLIP's text tower needs it beside ${basename(choice.path)}; copy it there`);
  const json = (await readRegularFile(path, MAX_TOKENIZER_BYTES)).toString('utf8');
  const tokenizer = inFile(path, () => new ClipTokenizer(json));
  return fromFile(choice.path, await readWeights(choice.path), (t) => clipPrompts(gpu, t, tokenizer));
}

async function withFeatures<T, R>(
  choice: FeatureChoice,
  standIn: Features<T>,
  open: (gpu: Gpu, choice: FeatureChoice) => Promise<Features<T>>,
  work: (features: Features<T>) => Promise<R>,
): Promise<R> {
  if (choice.kind === 'stand-in') return work(standIn);
  // A run that is resumed must choose the same pairs and concepts, whatever was tuned since.
  return withLastingGpu({ tuned: false }, async (gpu) => work(await open(gpu, choice)));
}

/** Runs `work` with features of pictures; a device is opened for it only where there are weights. */
export const withPictureFeatures = <R>(
  choice: FeatureChoice,
  work: (features: Features<Picture>) => Promise<R>,
): Promise<R> => withFeatures(choice, standInPictures, openPictureFeatures, work);

/** The same with features of prompts. */
export const withPromptFeatures = <R>(
  choice: FeatureChoice,
  work: (features: Features<string>) => Promise<R>,
): Promise<R> => withFeatures(choice, standInPrompts, openPromptFeatures, work);
