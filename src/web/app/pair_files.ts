import type { TrainingPair } from '../finetune.ts';
import { WebError } from '../web_error.ts';
import { pictureOf } from './edit_pad.ts';

const MOST_PAIRS = 400;
const MOST_BYTES = 500e6;

const stem = (name: string): string =>
  name
    .replace(/\.[^.]*$/, '')
    .replace(/[-_ ]?(before|after|input|output|target|in|out|a|b)$/i, '')
    .toLowerCase();

/** Puts files together by name, or in their order where the names say nothing. @throws WebError naming what has no partner */
export function matchFiles<F extends { readonly name: string }>(
  befores: readonly F[],
  afters: readonly F[],
): [F, F][] {
  if (!befores.length || !afters.length)
    throw new WebError('file', 'Pick pictures before and after the edit.');
  const byName = new Map(afters.map((file) => [stem(file.name), file]));
  const matched = befores.flatMap((file): [F, F][] => {
    const partner = byName.get(stem(file.name));
    return partner ? [[file, partner]] : [];
  });
  if (matched.length === befores.length && byName.size === afters.length) return matched;
  if (befores.length === afters.length && !matched.length) {
    const byOrder = (files: readonly F[]) =>
      [...files].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    const sorted = byOrder(afters);
    return byOrder(befores).map((file, i) => [file, sorted[i]!]);
  }
  const lonely = befores.find((file) => !byName.has(stem(file.name))) ?? afters[0]!;
  throw new WebError(
    'file',
    `${befores.length} pictures before and ${afters.length} after do not pair up: ${lonely.name} has no partner`,
  );
}

async function readSquare(file: File, edge: number): Promise<ReturnType<typeof pictureOf>> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (cause) {
    throw new WebError('file', `${file.name}: is no picture that this browser can read`, { cause });
  }
  const side = Math.min(picture.width, picture.height);
  const context = new OffscreenCanvas(edge, edge).getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2];
  context.drawImage(picture, x, y, side, side, 0, 0, edge, edge);
  picture.close();
  return pictureOf(context.getImageData(0, 0, edge, edge));
}

/** Pairs from files: the middle square of each, `edge` pixels wide. @throws WebError naming the file */
export async function readPairs(
  befores: readonly File[],
  afters: readonly File[],
  edge: number,
): Promise<TrainingPair[]> {
  const matched = matchFiles(befores, afters);
  if (matched.length > MOST_PAIRS)
    throw new WebError('file', `${matched.length} pairs are too many: use up to ${MOST_PAIRS}`);
  const bytes = [...befores, ...afters].reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_BYTES)
    throw new WebError('file', 'The pictures are larger than 500 MB together: use smaller ones');
  const pairs: TrainingPair[] = [];
  for (const [before, after] of matched)
    pairs.push({ input: await readSquare(before, edge), target: await readSquare(after, edge) });
  return pairs;
}
