import { copyFile, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { writeAdapterIndex } from '../../src/model/adapter_index.ts';
import { writeBadFiles } from '../cli/bad_files.ts';
import { chunk, idat, ihdr, plainPng, png, rows } from '../cli/png_builder.ts';
import { writeNoise } from '../cli/small_model.ts';
import { tinyJpeg } from '../cli/tiny_pictures.ts';
import { craft } from '../model/crafted.ts';
import { ENTRY } from '../model/small_entry.ts';

type At = (...names: string[]) => string;

async function writePictures(at: At): Promise<void> {
  const header = chunk('IHDR', ihdr(9, 9));
  const broken = Buffer.from(header);
  broken[broken.length - 1]! ^= 1;
  const whole = idat(rows(9, 9));
  const files: Record<string, Buffer | string> = {
    'svg.png': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'gif.png': 'GIF89a\x01\x00\x01\x00',
    'words.png': 'no picture at all',
    'bomb.png': png(
      chunk('IHDR', ihdr(20_000, 20_000, 1, 0)),
      chunk('IDAT', deflateSync(Buffer.alloc(20_000 * 2501), { level: 9 })),
    ),
    'crc.png': png(broken, whole),
    'depth.png': png(chunk('IHDR', ihdr(9, 9, 3)), whole),
    'colour.png': png(chunk('IHDR', ihdr(9, 9, 8, 5)), whole),
    'palette.png': png(
      chunk('IHDR', ihdr(4, 1, 8, 3)),
      chunk('PLTE', Buffer.alloc(6)),
      idat(Buffer.from([0, 0, 1, 200, 1])),
    ),
    'rows.png': png(header, idat(rows(9, 5))),
    'surplus.png': png(header, idat(Buffer.concat([rows(9, 9), Buffer.alloc(10_000_000)]))),
    'dot.png': plainPng(1, 1),
    'thin.png': plainPng(3, 2000),
    'a jpeg.png': tinyJpeg,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
  await symlink('/dev/zero', at('zero.png'));
  for (const side of ['input', 'target']) {
    await mkdir(at('odd', side), { recursive: true });
    for (const name of ['dot.png', 'thin.png']) await copyFile(at(name), at('odd', side, name));
  }
}

async function writeWeights(at: At): Promise<void> {
  const files: Record<string, Buffer | Uint8Array | string> = {
    'seven.safetensors': Buffer.alloc(7),
    'eight.safetensors': Buffer.alloc(8),
    'far.safetensors': Buffer.from('ffffffffffffffff7b7d', 'hex'),
    'array.safetensors': craft('[]      '),
    'gguf.safetensors': Buffer.from('GGUF\x03\0\0\0', 'latin1'),
    'zip.safetensors': Buffer.from('PK\x03\x04\x14\0\0\0', 'latin1'),
    'lfs.safetensors': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
    'model.safetensors.index.json': '{"weight_map":{"a":"../../etc/passwd"}}',
    'escape.safetensors': craft('{"__metadata__":{"e2gan.generator":"\\u001b[2J\\u202e"}}'),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
  const large = await open(at('large.safetensors'), 'w');
  await large.truncate(3 * 2 ** 30);
  await large.close();
  await symlink('/dev/zero', at('zero.safetensors'));
}

/** Adapters whose configuration is changed. */
async function writeConfigs(at: At): Promise<void> {
  const sound = await readFile(at('adapter', 'adapter_config.json'), 'utf8');
  const weights = await readFile(at('adapter', 'adapter_model.safetensors'));
  const changed = (fields: object) => JSON.stringify({ ...JSON.parse(sound), ...fields });
  const configs: Record<string, string> = {
    negative: changed({ r: -2 }),
    fraction: changed({ r: 1.5 }),
    'no-alpha': changed({ lora_alpha: null }),
    'nan-alpha': sound.replace(/"lora_alpha": [\d.]+/, '"lora_alpha": NaN'),
    'huge-alpha': changed({ lora_alpha: 1e39 }),
    ia3: changed({ peft_type: 'IA3' }),
    biased: changed({ bias: 'all' }),
    saved: changed({ modules_to_save: ['head'] }),
    slow: changed({ target_modules: '(([a-z0-9_])+)+!$', rank_pattern: { '(([a-z0-9_])+)+!$': 3 } }),
    'empty-config': '',
    list: '[]',
    elsewhere: changed({ base_model_name_or_path: '../../../etc/passwd' }),
    'large-config': `${' '.repeat(50 * 2 ** 20)}{}`,
    proto: `{"__proto__": {"r": 2}, ${sound.trim().slice(1)}`,
  };
  for (const [name, config] of Object.entries(configs)) {
    await mkdir(at(name));
    await writeFile(at(name, 'adapter_config.json'), config);
    await writeFile(at(name, 'adapter_model.safetensors'), weights);
  }
}

async function writeDescriptions(at: At): Promise<void> {
  const concept = { name: 'ink', prompt: 'ink' };
  const lists: Record<string, string> = {
    'sound.json': JSON.stringify({ concepts: [concept] }),
    'words.json': 'no JSON',
    'type.json': JSON.stringify({ concepts: [{ name: 5, prompt: 'ink' }] }),
    'twice.json': JSON.stringify({ concepts: [concept, concept] }),
    'proto.json': '{"__proto__": {"concepts": []}}',
    'outside.json': JSON.stringify({ concepts: [{ name: '../x', prompt: 'ink' }] }),
  };
  for (const [name, text] of Object.entries(lists)) await writeFile(at(name), text);
  const large = await open(at('large.json'), 'w');
  await large.truncate(100 * 2 ** 20);
  await large.close();
  await mkdir(at('newer'));
  await writeFile(
    at('newer', 'index.json'),
    writeAdapterIndex([ENTRY]).replace(/"version":\s*1/, '"version": 9'),
  );
  for (const [name, row] of Object.entries({
    traversal: { input: '../in.png', target: 'in.png' },
    absolute: { input: '/etc/passwd', target: 'in.png' },
  })) {
    await mkdir(at(name));
    await writeNoise(at(name, 'in.png'), 8, 8);
    await writeFile(at(name, 'metadata.jsonl'), JSON.stringify(row));
  }
  await mkdir(at('run'));
  await writeFile(at('run', 'config.json'), '{"kind":"other"}');
  await mkdir(at('damaged'));
  await writeFile(at('damaged', 'config.json'), '{"kind":');
}

/** Fills a folder with all that `writeBadFiles` writes and what section D of the cases asks for besides. */
export async function writeStrangeFiles(folder: string): Promise<void> {
  const at: At = (...names) => join(folder, ...names);
  await writeBadFiles(folder);
  await writePictures(at);
  await writeWeights(at);
  await writeConfigs(at);
  await writeDescriptions(at);
}
