import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeBadFiles } from './bad_files.ts';
import { assertRefused, folderHash, run } from './run_program.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const isRoot = process.getuid?.() === 0;
const isWindows = process.platform === 'win32';

await writeBadFiles(folder);

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
    apply('in.png', 'out.png', '--adaptre', 'x'),
    2,
    /unknown option '--adaptre' \(Did you mean --adapter\?\)/,
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
  [['tune', '--timer', 'sundial'], 2, /--timer.*Allowed choices are gpu, wall, processor/],
  [['tune', '--seconds', '0'], 2, /--seconds.*0 is not from 1/],
  [['tune', '--train', '--size', '16'], 2, /--train needs a --size of 24/],
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
  [['profile', '--train', '--size', '16'], 2, /--train needs a --size of 24/],
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
  [withBase('shape.safetensors'), 1, /shape\.safetensors: "head\.weight" is \[1176\], .*\[6,4,7,7\]/],
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

const inspect = (name: string, ...rest: string[]): string[] => ['adapter', 'inspect', at(name), ...rest];
const merge = (...names: string[]): string[] => ['adapter', 'merge', ...names.map((name) => at(name))];
const unmerge = (...names: string[]): string[] => ['adapter', 'unmerge', ...names.map((name) => at(name))];
const convert = (from: string, to: string, ...rest: string[]): string[] => [
  'adapter',
  'convert',
  at(from),
  at(to),
  ...rest,
];
const OUT = 'out.safetensors';
const SMALL = 'base.safetensors';

const ADAPTER_COMMANDS: readonly Refusal[] = [
  [['adapter', 'inspct', at('adapter')], 2, /unknown command 'inspct' \(Did you mean inspect\?\)/],
  [['adapter', 'inspect'], 2, /missing required argument 'adapter'/],
  [inspect('absent'), 1, /absent: cannot read the adapter: no such file/],
  [inspect('nothing'), 1, /nothing\/adapter_config\.json: cannot read it: no such file/],
  [inspect('nan'), 1, /nan: .*lora_B.*NaN/],
  [inspect('alien', '--base', at(SMALL)), 1, /alien: none of the adapter's 3 layers are in this model/],
  [inspect('kohya.safetensors', '--base', at('torn.safetensors')), 1, /torn\.safetensors: /],
  [inspect('in.png', ...base), 1, /in\.png: /],
  [merge(SMALL), 2, /missing required argument 'paths'/],
  [merge(SMALL, 'adapter'), 2, /merge: adapters and then the file to write are needed/],
  [merge('absent.safetensors', 'adapter', OUT), 1, /absent\.safetensors: cannot read it: no such file/],
  [merge('other.safetensors', 'adapter', OUT), 1, /other\.safetensors: .*e2gan\.generator/],
  [merge(SMALL, 'absent', OUT), 1, /absent: cannot read the adapter: no such file/],
  [merge(SMALL, 'alien', OUT), 1, /alien: none of the adapter's 3 layers are in this model/],
  [merge(SMALL, 'adapter:9', OUT), 2, /adapter:9: 9 is not from -4 to 4 \(the strength after the colon\)/],
  [[...merge(SMALL, 'adapter', OUT), '--strength', 'much'], 2, /--strength.*decimal number/],
  [[...merge(SMALL, 'adapter', OUT), '--dtype', 'bf16'], 2, /--dtype.*f16 or f32 is needed/],
  [merge(SMALL, 'adapter', 'out.bin'), 2, /out\.bin: SAFETENSORS is written, call it \.safetensors/],
  [merge(SMALL, 'adapter', SMALL), 2, /base\.safetensors: exists already; .*--force/],
  [merge(SMALL, 'adapter', 'no/out.safetensors'), 1, /no\/out\.safetensors: cannot write it: no such file/],
  [
    merge(SMALL, 'foreign', OUT),
    1,
    /foreign: was trained on the base f{64}, but .* is [0-9a-f]{64}; .*--any-base/,
  ],
  [merge('recorded.safetensors', 'adapter', OUT), 1, /recorded\.safetensors: e2gan\.merged is no list/],
  [
    [...merge(SMALL, 'large', OUT), '--dtype', 'f16'],
    1,
    /base\.safetensors: tensor "down2\.weight" holds .*too large for F16/,
  ],
  [unmerge(SMALL, 'adapter'), 2, /missing required argument 'out\.safetensors'/],
  [
    unmerge(SMALL, 'adapter', OUT),
    1,
    /base\.safetensors: has no record of .*adapter \([0-9a-f]{64}\); its adapters: none/,
  ],
  [unmerge(SMALL, 'foreign', OUT), 1, /foreign: was trained on the base f{64}/],
  [unmerge(SMALL, 'adapter', SMALL), 2, /base\.safetensors: exists already; .*--force/],
  [convert('absent', 'out'), 1, /absent: cannot read the adapter: no such file/],
  [convert('adapter', 'foreign'), 2, /foreign\/adapter_config\.json: exists already; .*--force/],
  [convert('adapter', 'in.png'), 1, /in\.png: .* is not a folder/],
  [convert('adapter', 'out', '--dtype', 'F16'), 2, /--dtype.*f16 or f32 is needed/],
  [
    convert('large', 'out'),
    1,
    /large: tensor "base_model\.model\.down2\.lora_B\.weight" holds 65520, too large/,
  ],
  [convert('strange.safetensors', 'out', ...base), 1, /strange\.safetensors: .*no module.*down1/],
  [['adapter', 'library', at('absent')], 1, /absent: cannot open the folder: no such file/],
  [['adapter', 'library', at('in.png')], 1, /in\.png: cannot list the folder: is not a folder/],
  [['adapter', 'library', at('nothing')], 1, /nothing: holds no adapters/],
  [
    ['adapter', 'library', at('library')],
    2,
    /index\.json: exists already and is no index of adapters; .*--force/,
  ],
  [['finetune', at('run'), '--scenes', 'autumn', '--adapter-dtype', 'f8'], 2, /--adapter-dtype.*f16 or f32/],
  [
    ['finetune', at('run'), '--scenes', 'autumn', ...base, '--full', '--adapter-dtype', 'f16'],
    2,
    /--full makes no adapter: it takes no --adapter-dtype/,
  ],
];

const refuse = suite('what is refused');
for (const [args, code, message] of [
  ...USAGE,
  ...PATHS,
  ...PICTURES,
  ...BASES,
  ...ADAPTERS,
  ...ADAPTER_COMMANDS,
]) {
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
  for (const args of [[], ['data'], ['adapter']]) {
    const { code, out, err } = await run(...args);
    assert.equal([code, out], [2, '']);
    assert.match(err, /^Usage: e2gan [\s\S]*\ne2gan: a command is needed; see e2gan --help\n$/);
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
