import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Picture } from '../../model/picture.ts';
import { readPicture } from '../images/decode.ts';
import { pictureGrid } from '../images/grid.ts';
import { encodePng } from '../images/png.ts';
import { slug } from '../trials/trial_options.ts';
import type { Method } from './methods.ts';
import type { Study } from './study.ts';

const folderOf = ({ bench, seeds }: Study, { id }: Method, concept: string): string =>
  join(bench.folder, 'runs', `${id}-${slug(concept)}-${seeds[0]}`);

/** Which held-out pictures a method's trial has kept edits of. */
async function keptSamples(study: Study, method: Method, concept: string): Promise<number[]> {
  const names = await readdir(folderOf(study, method, concept)).catch(() => []);
  const numbers = names.flatMap((name) => /^sample-(\d+)\.png$/.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

/** What a method made of one held-out picture, if it was kept. */
async function sample(
  study: Study,
  method: Method,
  concept: string,
  i: number,
): Promise<Picture | undefined> {
  const path = join(folderOf(study, method, concept), `sample-${i}.png`);
  return existsSync(path) ? readPicture(path) : undefined;
}

/** One sheet a concept: before, what each method made of it with the first seed, target. */
export async function gridsOf(study: Study, methods: readonly Method[]): Promise<Map<string, Uint8Array>> {
  const grids = new Map<string, Uint8Array>();
  for (const { concept, heldOut } of study.targets) {
    const rows: { pictures: (Picture | undefined)[] }[] = [];
    for (const i of await keptSamples(study, methods[0]!, concept)) {
      const edits: (Picture | undefined)[] = [];
      for (const method of methods) edits.push(await sample(study, method, concept, i));
      rows.push({ pictures: [heldOut[i]!.input, ...edits, heldOut[i]!.target] });
    }
    const columns = ['before', ...methods.map(({ id }) => id), 'target'];
    grids.set(slug(concept), encodePng(await pictureGrid(columns, rows)));
  }
  return grids;
}
