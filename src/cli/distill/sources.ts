import { join } from 'node:path';
import type { Picture } from '../../model/picture.ts';
import { stemOf } from '../data/layout.ts';
import { listFolder, requirePictures } from '../data/listing.ts';
import { Skips } from '../data/skips.ts';
import { UserError } from '../errors.ts';
import { centreCrop } from '../images/crop.ts';
import { readPicture } from '../images/decode.ts';
import { resizePicture } from '../images/resize.ts';
import type { Size } from '../options.ts';

/** A picture to be edited. */
export interface Source {
  /** File name of its pairs, with `/` between folders: `sea/cliff.png`. */
  readonly name: string;
  /** Cut in the middle to the shape of `size`, then scaled. @throws UserError naming the file */
  load(size: Size): Promise<Picture>;
}

/** Sources, and what of their folder was left out. */
export interface SourceList {
  /** Where they come from, for `config.json`. */
  readonly origin: string;
  readonly sources: readonly Source[];
  readonly skips: Skips;
}

/** The pictures of a folder and its sub-folders in natural order. @throws UserError where there are none */
export async function folderSources(folder: string): Promise<SourceList> {
  const skips = new Skips();
  const listing = await listFolder(folder, skips);
  requirePictures(listing, folder);
  const names = pairNames(listing.pictures, folder);
  const sources = listing.pictures.map((path, i) => ({
    name: names[i]!,
    load: async (size: Size) => fitted(await readPicture(join(listing.root, path)), size),
  }));
  return { origin: listing.root, sources, skips };
}

async function fitted(picture: Picture, { width, height }: Size): Promise<Picture> {
  return resizePicture(centreCrop(picture, width, height), width, height);
}

/** `a.jpg` becomes `a.png`, but where several files would, all keep their whole name: `a.jpg.png`. */
function pairNames(paths: readonly string[], folder: string): string[] {
  const stems = new Map<string, number>();
  const key = (path: string) => stemOf(path).toLowerCase();
  for (const path of paths) stems.set(key(path), (stems.get(key(path)) ?? 0) + 1);
  const names = paths.map((path) => `${stems.get(key(path)) === 1 ? stemOf(path) : path}.png`);
  const taken = new Map<string, string>();
  for (const [i, name] of names.entries()) {
    const other = taken.get(name.toLowerCase());
    if (other !== undefined)
      throw new UserError(`${folder}: ${other} and ${paths[i]} would both become ${name}; rename one`);
    taken.set(name.toLowerCase(), paths[i]!);
  }
  return names;
}
