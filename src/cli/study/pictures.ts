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

/** What a method made of one held-out picture, if it was kept. */
async function sample(
  study: Study,
  method: Method,
  concept: string,
  i: number,
): Promise<Picture | undefined> {
  const name = `${method.id}-${slug(concept)}-${study.seeds[0]}`;
  const path = join(study.bench.folder, 'runs', name, `sample-${i}.png`);
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
    grids.set(slug(concept), encodePng(await pictureGrid(columns, rows, 128)));
  }
  return grids;
}
