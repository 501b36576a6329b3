import { unzip, zipSync } from 'fflate';
import type { AdapterSource } from '../model_files.ts';
import { messageOf, WebError } from '../web_error.ts';
import type { PlacedFile } from './drop.ts';

/** What files of a drop are meant as. */
export type Dropped =
  | { readonly kind: 'adapter'; readonly name: string; readonly source: AdapterSource }
  | { readonly kind: 'base'; readonly name: string; readonly file: Blob }
  | { readonly kind: 'media'; readonly file: File };

const LARGEST_ZIP = 512 * 1024 * 1024;
/** Ten times what the largest preset's base takes. */
const LARGEST_WEIGHTS = 256 * 1024 * 1024;
const MOST_FILES = 64;
const CONFIG = 'adapter_config.json';

interface NamedBytes {
  readonly name: string;
  readonly content: Blob | Uint8Array;
}

/** Besides what is ours, a folder may hold a licence, notes and more. */
const isInFolder = (path: string): boolean => path.includes('/');
const lastPart = (path: string): string => path.split('/').at(-1)!;
const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');

function unpack(file: File): Promise<NamedBytes[]> {
  return new Promise((resolve, reject) => {
    if (file.size > LARGEST_ZIP) {
      reject(new WebError('file', `${file.name}: larger than 512 MB`));
      return;
    }
    file.arrayBuffer().then((buffer) => {
      let left = LARGEST_ZIP;
      const wanted = ({ name, originalSize }: { name: string; originalSize: number }) => {
        left -= originalSize;
        return left >= 0 && /(^|\/)(adapter_config\.json|[^/]+\.safetensors)$/.test(name);
      };
      unzip(new Uint8Array(buffer), { filter: wanted }, (error, files) => {
        if (error)
          reject(new WebError('file', `${file.name}: is no zip that can be read (${messageOf(error)})`));
        else
          resolve(
            Object.entries(files).map(([name, content]) => ({ name: `${file.name}/${name}`, content })),
          );
      });
    }, reject);
  });
}

/** The metadata of a safetensors file tells a base; only its head is read. */
async function isBase(content: Blob | Uint8Array): Promise<boolean> {
  const head =
    content instanceof Blob
      ? await content.slice(0, 8192).text()
      : new TextDecoder().decode(content.subarray(0, 8192));
  return head.includes('"e2gan.generator"');
}

/**
 * Sorts what was dropped or picked: adapters (a configuration beside its weights, in a folder or a zip, or one kohya
 * file), bases, pictures and videos.
 * @throws WebError naming a file that is none of these
 */
export async function sortFiles(files: readonly PlacedFile[]): Promise<Dropped[]> {
  if (files.length > MOST_FILES)
    throw new WebError('file', `${files.length} files at once are too many: drop up to ${MOST_FILES}`);
  const sorted: Dropped[] = [];
  const named: NamedBytes[] = [];
  for (const { file, path: name } of files) {
    if (/^(image|video)\//.test(file.type)) sorted.push({ kind: 'media', file });
    else if (/\.zip$/i.test(name)) named.push(...(await unpack(file)));
    else if (/\.(safetensors|json)$/i.test(name)) {
      if (file.size > LARGEST_WEIGHTS)
        throw new WebError(
          'file',
          `${file.name}: has ${Math.round(file.size / 1e6)} MB; adapters and bases have up to 256 MB`,
        );
      named.push({ name, content: file });
    } else if (files.length > 1 && isInFolder(name)) continue;
    else
      throw new WebError(
        'file',
        `${file.name}: is no picture, video, adapter or base (.safetensors, .json, .zip)`,
      );
  }
  const configs = new Map(named.filter((f) => lastPart(f.name) === CONFIG).map((f) => [folderOf(f.name), f]));
  for (const { name, content } of named.filter((f) => !f.name.endsWith('.json'))) {
    const blob = content instanceof Blob ? content : new Blob([content as Uint8Array<ArrayBuffer>]);
    if (await isBase(content)) {
      sorted.push({ kind: 'base', name: lastPart(name), file: blob });
      continue;
    }
    const config = configs.get(folderOf(name));
    configs.delete(folderOf(name));
    const called = lastPart(folderOf(name)) || lastPart(name);
    sorted.push({
      kind: 'adapter',
      name: called,
      source: { ...(config && { config: config.content }), weights: content },
    });
  }
  const alone = [...configs.keys()][0];
  if (alone !== undefined)
    throw new WebError('file', `${CONFIG}: its adapter_model.safetensors is missing; drop both together`);
  if (files.length && !sorted.length)
    throw new WebError('file', `${files[0]!.path.split('/')[0]}: holds no adapter, base, picture or video`);
  return sorted;
}

/** Files as a zip; weights hardly get smaller, so nothing is compressed. */
export const zipFiles = (folder: string, files: Readonly<Record<string, Uint8Array>>): Blob =>
  new Blob([
    zipSync(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes])), {
      level: 0,
    }) as Uint8Array<ArrayBuffer>,
  ]);
