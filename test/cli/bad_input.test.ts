import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import { chunk, idat, ihdr, plainPng, png } from './png_builder.ts';
import { assertRefused, folderHash, run } from './run_program.ts';
import { sha256, writeKohya, writeNoise, writeSmallAdapter, writeSmallBase } from './small_model.ts';
import { tinyJpeg } from './tiny_pictures.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const isRoot = process.getuid?.() === 0;
const isWindows = process.platform === 'win32';

type Tensors = Map<
  string,
  ReturnType<typeof readSafetensors>['tensors'] extends ReadonlyMap<string, infer T> ? T : never
>;

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

async function writePictures(): Promise<void> {
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

async function writePairs(): Promise<void> {
  for (const part of ['input', 'ink', 'snow']) {
    await mkdir(at('pairs', part), { recursive: true });
    await cp(at('in.png'), at('pairs', part, '1.png'));
  }
  await mkdir(at('alone', 'A'), { recursive: true });
  await cp(at('in.png'), at('alone', 'A', '1.png'));
}

async function writeBases(): Promise<void> {
  const base = await writeSmallBase(folder);
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

async function writeAdapters(): Promise<void> {
  const adapter = await writeSmallAdapter(at('adapter'), sha256(await readFile(at('base.safetensors'))));
  const copies = ['half', 'alien', 'ranked', 'dora', 'bare', 'nan', 'rank0'];
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
  const config = async (name: string, from: RegExp, to: string) => {
    const path = join(at(name), 'adapter_config.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  };
  await config('ranked', /"down2": 2/, '"down2": 3');
  await config('rank0', /"r": \d+/, '"r": 0');
  await config('dora', /"use_dora": false/, '"use_dora": true');
  await rm(join(at('bare'), 'adapter_config.json'));
  await writeKohya(at('kohya.safetensors'));
  await writeChanged(at('kohya.safetensors'), at('strange.safetensors'), rename('down1', 'down7'));
}

await writePictures();
await writePairs();
await writeBases();
await writeAdapters();
if (!isWindows) execFileSync('mkfifo', [at('pipe.png')]);
await symlink(at('nowhere.png'), at('dangling.png')).catch(() => {});
await chmod(at('locked'), 0o500);

type Refusal = readonly [args: string[], code: number, message: RegExp];
const base = ['--base', at('base.safetensors')];
const apply = (from: string, to: string, ...rest: string[]): string[] => [
  'apply',
  at(from),
  at(to),
  ...base,
  ...rest,
];
const withBase = (name: string): string[] => ['apply', at('in.png'), at('out.png'), '--base', at(name)];
const withAdapter = (name: string): string[] => apply('in.png', 'out.png', '--adapter', at(name));
const evaluate = (name: string, ...rest: string[]): string[] => ['evaluate', at(name), ...base, ...rest];

const USAGE: readonly Refusal[] = [
  [['aply', 'a', 'b'], 2, /unknown command 'aply' \(Did you mean apply\?\)/],
  [
    apply('in.png', 'out.png', '--aptader', 'x'),
    2,
    /unknown option '--aptader' \(Did you mean --adapter\?\)/,
  ],
  [['doctor', '--jso'], 2, /unknown option '--jso' \(Did you mean --json\?\)/],
  [['apply', at('in.png')], 2, /missing required argument 'output'/],
  [apply('in.png', 'out.png', 'more'), 2, /too many arguments/],
  [apply('in.png', 'out.png', '--size'), 2, /--size <px>' argument missing/],
  [apply('in.png', 'out.png', '--size='), 2, /--size.*whole number/],
  [apply('in.png', 'out.png', '--size', '1e9'), 2, /--size.*'1e9'.*whole number/],
  [apply('in.png', 'out.png', '--size', '-5'), 2, /--size.*-5 is not from 8/],
  [apply('in.png', 'out.png', '--size', '0x10'), 2, /--size.*whole number/],
  [apply('in.png', 'out.png', '--size', '١٢'), 2, /--size.*whole number/],
  [apply('in.png', 'out.png', '--base', ''), 2, /--base.*a value is needed/],
  [apply('in\0.png', 'out.png'), 2, /'input'.*NUL/],
  [apply('in.png', 'o\0t.png'), 2, /'output'.*NUL/],
  [withAdapter('adapter:nan'), 2, /--adapter.*adapter:nan'.*decimal number/],
  [withAdapter('adapter:1e9'), 2, /--adapter.*1e9 is not from -4 to 4/],
  [['profile', '--size', '20'], 2, /--size.*20 is not a multiple of 8/],
  [['profile', '--repeats', '0'], 2, /--repeats.*0 is not from 1/],
  [['profile', '--preset', 'huge'], 2, /--preset.*Allowed choices are paper, small, tiny/],
  [
    ['profile', '--preset', 'tiny', ...base],
    2,
    /'--preset <name>' cannot be used with option '--base <file>'/,
  ],
  [['profile', '--adapter', at('adapter')], 2, /--adapter needs the --base/],
  [['profile', ...base, '--train', '--adapter', at('adapter')], 2, /--train .* leave out --adapter/],
  [['profile', '--train', '--size', '16x24'], 2, /--train takes squares/],
  [evaluate('pairs', '--held-out', '1.5'), 2, /--held-out.*whole number/],
  [evaluate('pairs'), 2, /--concept: the folder holds several \(ink, snow\)/],
  [
    evaluate('pairs', '--concept', 'rain'),
    2,
    /--concept: the folder has no concept rain; there are ink, snow/,
  ],
];

const PATHS: readonly Refusal[] = [
  [apply('absent.png', 'out.png'), 1, /absent\.png: cannot read it: no such file/],
  [apply('dangling.png', 'out.png'), 1, /dangling\.png: cannot read it: no such file/],
  [apply('in.png/x.png', 'out.png'), 1, /x\.png: cannot read it: is not a folder/],
  [apply('in.png', 'taken.png'), 2, /taken\.png: exists already; .*--force/],
  [apply('in.png', 'folder.png', '--force'), 2, /folder\.png: is a folder/],
  [apply('in.png', 'out.jpg'), 2, /out\.jpg: PNG is written/],
  [apply('in.png', 'no/out.png'), 1, /no\/out\.png: cannot write it: no such file or folder/],
  [apply('in.png', 'taken.png/out.png'), 1, /out\.png: cannot write it: is not a folder/],
  [apply('nothing', 'out'), 1, /nothing: holds no pictures/],
  [apply('pairs', 'pairs/out'), 2, /pairs\/out: lies in .*pairs/],
  [apply('pairs', 'pairs', '--force'), 2, /pairs: lies in .*pairs/],
  [apply('pairs', 'taken.png'), 1, /taken\.png: .* is not a folder/],
  [apply('twins', 'out'), 2, /twins: a\.jpg and a\.png would both become a\.png/],
  [evaluate('absent'), 1, /absent: cannot open the folder: no such file/],
  [evaluate('alone'), 1, /alone: no pairs .*1\.png/],
  [evaluate('pairs', '--concept', 'ink', '--sheet', at('taken.png')), 2, /taken\.png: exists already/],
  [evaluate('pairs', '--concept', 'ink', '--sheet', at('sheet.jpg')), 2, /sheet\.jpg: PNG is written/],
  [['data', 'check', at('absent')], 1, /absent: cannot open the folder: no such file/],
  [['data', 'check', at('nothing')], 1, /nothing: holds no pictures/],
  [['data', 'check', at('pairs'), '--sheet', at('taken.png')], 2, /taken\.png: exists already/],
];

const PICTURES: readonly Refusal[] = [
  [apply('empty.png', 'out.png'), 1, /empty\.png: .*the file is empty/],
  [apply('torn.png', 'out.png'), 1, /torn\.png: .*truncated/],
  [apply('torn.jpg', 'out.png'), 1, /torn\.jpg: cannot use this picture/],
  [apply('page.png', 'out.png'), 1, /page\.png: .*an HTML page/],
  [apply('huge.png', 'out.png'), 1, /huge\.png: .*2147483647x2147483647/],
];

const BASES: readonly Refusal[] = [
  [withBase('absent.safetensors'), 1, /absent\.safetensors: cannot read it: no such file/],
  [withBase('nothing'), 1, /nothing: is a folder, a file is needed/],
  [withBase('empty.png'), 1, /empty\.png: /],
  [withBase('short.safetensors'), 1, /short\.safetensors: /],
  [withBase('torn.safetensors'), 1, /torn\.safetensors: /],
  [withBase('page.safetensors'), 1, /page\.safetensors: .*a web page/],
  [withBase('pickle.safetensors'), 1, /pickle\.safetensors: .*pickle/],
  [withBase('other.safetensors'), 1, /other\.safetensors: .*e2gan\.generator/],
  [withBase('nan.safetensors'), 1, /nan\.safetensors: tensor "head\.weight" holds NaN/],
  [withBase('less.safetensors'), 1, /less\.safetensors: .*missing, "head\.weight"/],
  [withBase('more.safetensors'), 1, /more\.safetensors: .*"heat\.weight".*head\.weight/],
  [withBase('shape.safetensors'), 1, /shape\.safetensors: "head\.weight" is \[588\], .*\[3,4,7,7\]/],
];

const ADAPTERS: readonly Refusal[] = [
  [withAdapter('absent'), 1, /absent: cannot read the adapter: no such file/],
  [withAdapter('nothing'), 1, /nothing\/adapter_config\.json: cannot read it: no such file/],
  [withAdapter('bare'), 1, /bare\/adapter_config\.json: cannot read it: no such file/],
  [withAdapter('half'), 1, /half: .*"base_model\.model\.down2\.lora_A\.weight" is there without/],
  [withAdapter('alien'), 1, /alien: none of the adapter's 3 layers are in this model/],
  [withAdapter('ranked'), 1, /ranked: .*"down2" has rank 2, but adapter_config\.json says 3/],
  [withAdapter('rank0'), 1, /rank0: .*r must be a whole number above 0/],
  [withAdapter('dora'), 1, /dora: .*use_dora.*only plain LoRA/],
  [withAdapter('nan'), 1, /nan: .*lora_B.*NaN/],
  [withAdapter('strange.safetensors'), 1, /strange\.safetensors: .*no module.*down1/],
  [withAdapter('in.png'), 1, /in\.png: /],
];

const refuse = suite('what is refused');
for (const [args, code, message] of [...USAGE, ...PATHS, ...PICTURES, ...BASES, ...ADAPTERS]) {
  refuse(args.join(' ').replaceAll(folder, ''), async () => {
    const before = await folderHash(folder);
    assertRefused(await run(...args), code, message);
    assert.is(await folderHash(folder), before);
  });
}

refuse('a pipe is not waited for', async () => {
  if (isWindows) return console.log('skipped: there are no pipes with names on Windows');
  assertRefused(await run(...apply('pipe.png', 'out.png')), 1, /pipe\.png: not a regular file/);
});

refuse('a folder that cannot be written into', async () => {
  if (isRoot || isWindows) return console.log('skipped: permissions do not bind this user');
  assertRefused(await run(...apply('in.png', 'locked/out.png')), 1, /out\.png: cannot write it: permission/);
});

refuse('without a command there is help, on stderr', async () => {
  for (const args of [[], ['data']]) {
    const { code, out, err } = await run(...args);
    assert.equal([code, out], [2, '']);
    assert.match(err, /^Usage: e2gan [^]*\ne2gan: a command is needed; see e2gan --help\n$/);
  }
});

refuse('--debug adds the stack', async () => {
  const { code, err } = await run(...withBase('absent.safetensors'), '--debug');
  assert.is(code, 1);
  assert.match(err, /^e2gan: .*no such file or folder\nUserError: .*\n {4}at /);
});

refuse.after(async () => {
  await chmod(at('locked'), 0o700);
  await rm(folder, { recursive: true, force: true });
});
refuse.run();
