import { join } from 'node:path';

/** A call that must fail: its case, arguments, exit code, and what its one line says. */
export type RefusedCase = readonly [id: string, args: readonly string[], code: number, message: RegExp];

/** How the program is called on files of a folder. */
function callsIn(folder: string) {
  const at = (name: string) => join(folder, name);
  const base = ['--base', at('base.safetensors')];
  const picture = (name: string) => ['apply', at(name), at('out.png'), ...base];
  const weights = (name: string) => ['apply', at('in.png'), at('out.png'), '--base', at(name)];
  const adapter = (name: string) => ['apply', at('in.png'), at('out.png'), ...base, '--adapter', at(name)];
  const options = (...rest: string[]) => ['apply', at('in.png'), at('out.png'), ...base, ...rest];
  const train = (...rest: string[]) => ['base', at('new-run'), ...rest];
  const distill = (concepts: string) => [
    'distill',
    at('new'),
    '--sources',
    at('pairs'),
    '--concepts',
    at(concepts),
    '--webui',
    'http://127.0.0.1:9',
  ];
  return { at, base, picture, weights, adapter, options, train, distill };
}

type Calls = ReturnType<typeof callsIn>;

const part1 = ({ at, base, picture, weights }: Calls): RefusedCase[] => [
  ['I1', picture('empty.png'), 1, /empty\.png: .*the file is empty/],
  ['I2', picture('torn.png'), 1, /torn\.png: .*truncated/],
  ['I3', picture('torn.jpg'), 1, /torn\.jpg: cannot use this picture/],
  ['I5', picture('page.png'), 1, /page\.png: .*an HTML page/],
  ['I5', picture('svg.png'), 1, /svg\.png: .*an SVG drawing/],
  ['I5', picture('gif.png'), 1, /gif\.png: .*a GIF/],
  ['I5', picture('words.png'), 1, /words\.png: .*plain text/],
  ['I6', picture('huge.png'), 1, /huge\.png: .*2147483647x2147483647/],
  ['I7', picture('bomb.png'), 1, /bomb\.png: .*20000x20000; the limit is 64 megapixels/],
  ['I9', picture('crc.png'), 1, /crc\.png: .*(checksum|CRC)/i],
  ['I10', picture('depth.png'), 1, /depth\.png: .*3/],
  ['I10', picture('colour.png'), 1, /colour\.png: .*5/],
  ['I12', picture('rows.png'), 1, /rows\.png: .*its data ends after/],
  ['I13', picture('surplus.png'), 1, /surplus\.png: .*more data than its header says/],
  ['T1', ['data', 'check', at('absent')], 1, /absent: cannot open the folder: no such file/],
  ['T2', ['data', 'check', at('nothing')], 1, /nothing: holds no pictures/],
  ['T4', ['evaluate', at('alone'), ...base], 1, /alone: no pairs .*1\.png/],
  [
    'T7',
    ['data', 'check', at('traversal')],
    1,
    /metadata\.jsonl: row 1 names \.\.\/in\.png, which lies outside/,
  ],
  [
    'T7',
    ['data', 'check', at('absolute')],
    1,
    /metadata\.jsonl: row 1 names \/etc\/passwd, which lies outside/,
  ],
  ['T11', picture('pipe.png'), 1, /pipe\.png: not a regular file/],
  ['T11', picture('zero.png'), 1, /zero\.png: not a regular file/],
  ['T13', ['apply', at('twins'), at('out'), ...base], 2, /a\.jpg and a\.png would both become a\.png/],
  ['S1', weights('empty.png'), 1, /empty\.png: /],
  ['S1', weights('seven.safetensors'), 1, /seven\.safetensors: /],
  ['S1', weights('eight.safetensors'), 1, /eight\.safetensors: /],
  ['S2', weights('far.safetensors'), 1, /far\.safetensors: .*18446744073709551615/],
  ['S3', weights('array.safetensors'), 1, /array\.safetensors: .*does not begin with/],
  ['S10', weights('torn.safetensors'), 1, /torn\.safetensors: /],
  ['S15', weights('nan.safetensors'), 1, /nan\.safetensors: tensor "head\.weight" holds NaN/],
  ['S16', weights('less.safetensors'), 1, /less\.safetensors: .*missing, "head\.weight"/],
  ['S17', weights('more.safetensors'), 1, /more\.safetensors: .*"heat\.weight".*head\.weight/],
  ['S18', weights('shape.safetensors'), 1, /"head\.weight" is \[1176\], .*\[6,4,7,7\]/],
  ['S20', weights('gguf.safetensors'), 1, /gguf\.safetensors: .*GGUF/],
  ['S20', weights('zip.safetensors'), 1, /zip\.safetensors: .*zip/],
  ['S20', weights('lfs.safetensors'), 1, /lfs\.safetensors: .*LFS/],
];

const part2 = ({ at, base, weights, adapter, options, train, distill }: Calls): RefusedCase[] => [
  ['S20', weights('pickle.safetensors'), 1, /pickle\.safetensors: .*pickle/],
  ['S20', weights('page.safetensors'), 1, /page\.safetensors: .*web page/],
  ['S21', weights('model.safetensors.index.json'), 1, /model\.safetensors\.index\.json: /],
  ['S22', weights('large.safetensors'), 1, /large\.safetensors: 3\.0 GiB is over the limit/],
  ['S22', weights('zero.safetensors'), 1, /zero\.safetensors: not a regular file/],
  ['S24', weights('escape.safetensors'), 1, /escape\.safetensors: /],
  ['L1', adapter('half'), 1, /half: .*lora_A\.weight" is there without/],
  ['L4', adapter('ranked'), 1, /ranked: .*"down2" has rank 2, but adapter_config\.json says 3/],
  ['L5', adapter('alien'), 1, /alien: none of the adapter's 3 layers are in this model/],
  ['L6', adapter('strange.safetensors'), 1, /strange\.safetensors: .*no module.*down1/],
  ['L8', adapter('nan'), 1, /nan: .*lora_B.*NaN/],
  ['L9', adapter('rank0'), 1, /rank0: .*r must be a whole number above 0/],
  ['L9', adapter('negative'), 1, /negative: .*r must be a whole number above 0/],
  ['L9', adapter('fraction'), 1, /fraction: .*r must be a whole number above 0/],
  ['L10', adapter('no-alpha'), 1, /no-alpha: .*lora_alpha/],
  ['L10', adapter('nan-alpha'), 1, /nan-alpha: /],
  ['L10', adapter('huge-alpha'), 1, /huge-alpha: .*lora_alpha/],
  ['L11', adapter('dora'), 1, /dora: .*use_dora.*only plain LoRA/],
  ['L11', adapter('ia3'), 1, /ia3: .*IA3/],
  ['L11', adapter('biased'), 1, /biased: .*bias/],
  ['L11', adapter('saved'), 1, /saved: .*modules_to_save/],
  ['L12', adapter('slow'), 1, /slow: /],
  ['L13', adapter('bare'), 1, /adapter_config\.json: cannot read it: no such file/],
  ['L13', adapter('empty-config'), 1, /empty-config: /],
  ['L13', adapter('list'), 1, /list: /],
  ['L17', adapter('adapter:nan'), 2, /--adapter.*decimal number/],
  ['L17', adapter('adapter:1e9'), 2, /--adapter.*1e9 is not from -4 to 4/],
  ['C1', distill('absent.json'), 1, /absent\.json: cannot read it: no such file/],
  ['C2', distill('words.json'), 1, /words\.json: no list of concepts: /],
  ['C3', options('--adaptre', 'x'), 2, /unknown option '--adaptre' \(Did you mean --adapter\?\)/],
  ['C4', distill('type.json'), 1, /type\.json: no list of concepts: .*string/],
  ['C4', train('--steps', 'ten'), 2, /--steps.*whole number/],
  ['C5', train('--lr', 'NaN'), 2, /--lr.*decimal number/],
  ['C5', train('--lr', '1e999'), 2, /--lr.*1e999 is not from/],
  ['C5', train('--lr', '0'), 2, /--lr.*0 is not from/],
  ['C5', train('--batch', '-1'), 2, /--batch.*-1 is not from 1/],
  ['C5', train('--steps', '0'), 2, /--steps.*0 is not from 1/],
  ['C6', train('--size', '30'), 2, /--size.*30 is not a multiple of 8/],
  ['C7', distill('proto.json'), 1, /proto\.json: no list of concepts/],
  ['C7', distill('outside.json'), 1, /outside\.json: no list of concepts: .*folder/],
  ['C8', ['apply', at('pairs'), at('pairs/out'), ...base], 2, /pairs\/out: lies in .*pairs/],
  ['C9', distill('large.json'), 1, /large\.json: 100\.0 MiB is over the limit/],
  ['C9', adapter('large-config'), 1, /large-config.*over the limit|large-config.*larger/],
  ['C10', distill('twice.json'), 1, /twice\.json: names the concept ink twice/],
  ['C11', ['adapter', 'library', at('newer')], 1, /newer: holds no adapters|index\.json: .*version/],
];

const part3 = ({ at, base, options, train, distill }: Calls): RefusedCase[] => [
  ['F1', ['aply', 'a', 'b'], 2, /unknown command 'aply' \(Did you mean apply\?\)/],
  ['F2', options('--size'), 2, /--size <px>' argument missing/],
  ['F2', options('--size='), 2, /--size.*whole number/],
  ['F3', options('--size', '1e9'), 2, /--size.*'1e9'.*whole number/],
  ['F3', options('--size', '-5'), 2, /--size.*-5 is not from 8/],
  ['F3', options('--size', '0x10'), 2, /--size.*whole number/],
  ['F3', options('--size', '١٢'), 2, /--size.*whole number/],
  ['F4', ['apply', at('in.png'), at('taken.png'), ...base], 2, /taken\.png: exists already; .*--force/],
  ['F5', ['apply', at('in.png'), at('folder.png'), ...base, '--force'], 2, /folder\.png: is a folder/],
  ['F5', ['apply', at('in.png'), at('no/out.png'), ...base], 1, /cannot write it: no such file or folder/],
  ['F5', ['apply', at('pairs'), at('taken.png'), ...base], 1, /taken\.png: .* is not a folder/],
  ['F6', ['base', at('run'), '--steps', '1'], 2, /run: this run was begun with other settings \(.*kind/],
  ['F6', ['base', at('damaged'), '--steps', '1'], 1, /damaged\/config\.json: damaged/],
  ['F12', options('--device', 'gpu9'), 2, /unknown option '--device'/],
  ['F13', ['profile', '--preset', 'tiny', ...base], 2, /cannot be used with option '--base <file>'/],
  ['F14', ['apply', at('in\0.png'), at('out.png'), ...base], 2, /'input'.*NUL/],
  ['F16', train('--seed', '4294967296'), 2, /--seed.*4294967296 is not from 0/],
  ['F16', train('--seed', '-1'), 2, /--seed.*-1 is not from 0/],
  ['X1', [...distill('sound.json').slice(0, -1), 'ftp://host'], 2, /--webui.*ftp/],
];

/** Calls on files that `writeStrangeFiles` wrote into `folder`, by the numbers of the list of cases. */
export function refusedCases(folder: string): RefusedCase[] {
  const calls = callsIn(folder);
  return [...part1(calls), ...part2(calls), ...part3(calls)];
}
