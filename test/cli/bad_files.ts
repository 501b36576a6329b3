import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NamedArray, readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import { chunk, idat, ihdr, plainPng, png } from './png_builder.ts';
import { sha256, writeKohya, writeNoise, writeSmallAdapter, writeSmallBase } from './small_model.ts';
import { tinyJpeg } from './tiny_pictures.ts';

type Tensors = Map<string, NamedArray>;
const RECORD = new Map([['e2gan.merged', '[{"name":7}]']]);
type At = (...names: string[]) => string;

/** Writes a safetensors file like another, but for what `change` does to its tensors, and `about` in its metadata. */
async function writeChanged(
  from: string,
  to: string,
  change: (tensors: Tensors) => void,
  about: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const { tensors, metadata } = readSafetensors(await readFile(from));
  const changed: Tensors = new Map(tensors);
  change(changed);
  await writeFile(to, writeSafetensors(changed, new Map([...metadata, ...about])));
}

async function writePictures(at: At): Promise<void> {
  await writeNoise(at('in.png'), 20, 16);
  await writeNoise(at('taken.png'), 8, 8);
  await writeFile(at('empty.png'), '');
  await writeFile(at('torn.png'), plainPng(9, 9).subarray(0, 60));
  await writeFile(at('torn.jpg'), tinyJpeg.subarray(0, tinyJpeg.length - 20));
  await writeFile(at('page.png'), '<!doctype html><p>404');
  await writeFile(at('huge.png'), png(chunk('IHDR', ihdr(2 ** 31 - 1, 2 ** 31 - 1)), idat(Buffer.alloc(9))));
  await mkdir(at('folder.png'));
  await mkdir(at('nothing'));
  await mkdir(at('twins'));
  await cp(at('in.png'), at('twins', 'a.png'));
  await writeFile(at('twins', 'a.jpg'), tinyJpeg);
  await mkdir(at('locked'));
}

async function writePairs(at: At): Promise<void> {
  for (const part of ['input', 'ink', 'snow']) {
    await mkdir(at('pairs', part), { recursive: true });
    await cp(at('in.png'), at('pairs', part, '1.png'));
  }
  await mkdir(at('alone', 'A'), { recursive: true });
  await cp(at('in.png'), at('alone', 'A', '1.png'));
}

async function writeBases(at: At): Promise<void> {
  const base = await writeSmallBase(at());
  const bytes = await readFile(base);
  await writeFile(at('short.safetensors'), bytes.subarray(0, 7));
  await writeFile(at('torn.safetensors'), bytes.subarray(0, bytes.length - 5));
  await writeFile(at('page.safetensors'), '<!doctype html><p>404');
  await writeFile(at('pickle.safetensors'), Buffer.from('\x80\x02}q\0.', 'latin1'));
  await writeFile(at('other.safetensors'), writeSafetensors(new Map()));
  const head = 'head.weight';
  await writeChanged(base, at('nan.safetensors'), (tensors) => {
    tensors.get(head)!.data[3] = Number.NaN;
  });
  await writeChanged(base, at('less.safetensors'), (tensors) => tensors.delete(head));
  await writeChanged(base, at('more.safetensors'), (tensors) => {
    tensors.set('heat.weight', tensors.get(head)!);
  });
  await writeChanged(base, at('shape.safetensors'), (tensors) => {
    const { dtype, data } = tensors.get(head)!;
    tensors.set(head, { dtype, data, shape: [data.length] });
  });
}

async function writeAdapters(at: At): Promise<void> {
  const adapter = await writeSmallAdapter(at('adapter'), sha256(await readFile(at('base.safetensors'))));
  const copies = ['half', 'alien', 'ranked', 'dora', 'bare', 'nan', 'rank0', 'large'];
  for (const name of copies) await cp(adapter, at(name), { recursive: true });
  const weights = (name: string) => join(at(name), 'adapter_model.safetensors');
  const change = (name: string, edit: (tensors: Tensors) => void, about?: Map<string, string>) =>
    writeChanged(weights('adapter'), weights(name), edit, about);
  const key = 'base_model.model.down2.lora_B.weight';
  await change('half', (tensors) => tensors.delete(key));
  const rename = (from: string, to: string) => (tensors: Tensors) => {
    for (const [name, tensor] of [...tensors]) {
      tensors.delete(name);
      tensors.set(name.replace(from, to), tensor);
    }
  };
  const about = new Map([['e2gan.conv_transpose', 'unet.up1']]);
  await change('alien', rename('.model.', '.model.unet.'), about);
  await change('nan', (tensors) => {
    tensors.get(key)!.data[0] = Number.NaN;
  });
  await change('large', (tensors) => {
    tensors.get(key)!.data[0] = 65_520;
    tensors.get(key.replace('lora_B', 'lora_A'))!.data[0] = 100;
  });
  const config = async (name: string, from: RegExp, to: string) => {
    const path = join(at(name), 'adapter_config.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  };
  await config('ranked', /"down2": 2/, '"down2": 3');
  await config('rank0', /"r": \d+/, '"r": 0');
  await config('dora', /"use_dora": false/, '"use_dora": true');
  await rm(join(at('bare'), 'adapter_config.json'));
  await writeSmallAdapter(at('foreign'), 'f'.repeat(64));
  await cp(adapter, at('library', 'ink'), { recursive: true });
  await writeFile(at('library', 'index.json'), '{"name":"my site"}');
  await cp(at('half'), at('broken', 'half'), { recursive: true });
  await writeChanged(at('base.safetensors'), at('recorded.safetensors'), () => {}, RECORD);
  await writeKohya(at('kohya.safetensors'));
  await writeChanged(at('kohya.safetensors'), at('strange.safetensors'), rename('down1', 'down7'));
}

/**
 * Fills a folder with what users get wrong, beside a picture `in.png`, a base `base.safetensors` and an `adapter` that
 * are sound; `locked` cannot be written into.
 */
export async function writeBadFiles(folder: string): Promise<void> {
  const at: At = (...names) => join(folder, ...names);
  await writePictures(at);
  await writePairs(at);
  await writeBases(at);
  await writeAdapters(at);
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [at('pipe.png')]);
  await symlink(at('nowhere.png'), at('dangling.png'));
  await chmod(at('locked'), 0o500);
}
