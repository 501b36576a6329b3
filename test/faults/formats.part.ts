import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { findPairs } from '../../src/cli/data/data_set.ts';
import { readConcepts } from '../../src/cli/distill/concepts.ts';
import { readWorkflow } from '../../src/cli/distill/workflow.ts';
import { openRunFolder } from '../../src/cli/run_folder.ts';
import { readRanks } from '../../src/cli/trials/ranks_file.ts';
import { readAdapter, writeAdapter } from '../../src/model/adapter_file.ts';
import {
  readAdapterIndex,
  readQuality,
  writeAdapterIndex,
  writeQuality,
} from '../../src/model/adapter_index.ts';
import { generatorSpecs } from '../../src/model/generator_spec.ts';
import { readKohya } from '../../src/model/kohya.ts';
import { readNetworkFile, writeGenerator } from '../../src/model/network_file.ts';
import { type NamedArray, readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/train/checkpoint.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';
import { SMALL, writeNoise } from '../cli/small_model.ts';
import { craft } from '../model/crafted.ts';
import { mutate, mutateSafetensors } from '../model/mutate.ts';
import { smallAdapter } from '../model/small_adapter.ts';
import { ENTRY, QUALITY } from '../model/small_entry.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { fuzzAll, type Target } from './fuzz.ts';
import { inScratch } from './scratch.ts';

// Files from strangers: nothing but FormatError and UserError, a second, 200 MB.

const HEADERS = { full: 1_000_000, sample: 6000 };
const OTHERS = { full: 10_000, sample: 300 };
const LIMITS = { ms: 1000, mb: 200 };

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, null, 1));

/** Mutations of a text file. */
const ofText = (name: string, file: Uint8Array, read: Target['read']): Target => ({
  name: `mutated ${name}`,
  make: (random) => mutate(file, file.length, random),
  read,
});

/** Mutations of a safetensors file, most of them in its header. */
const ofTensors = (name: string, file: Uint8Array, read: Target['read']): Target => ({
  name: `mutated ${name}`,
  make: (random) => mutateSafetensors(file, random),
  read,
});

const small = writeAdapter(smallAdapter());
const generator = writeGenerator({
  config: SMALL,
  weights: initialWeights(generatorSpecs(SMALL), new Random(1)),
  about: new Map([['e2gan.name', 'small']]),
});

const array = (shape: number[]): NamedArray => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
});
const kohya = writeSafetensors(
  new Map([
    ['lora_unet_down1.lora_down.weight', array([1, 4, 3, 3])],
    ['lora_unet_down1.lora_up.weight', array([8, 1, 1, 1])],
    ['lora_unet_down1.alpha', array([1])],
  ]),
);

async function inMemory(): Promise<Target[]> {
  const state = {
    weights: new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]),
    adamM: new Map(),
    adamV: new Map(),
  };
  const checkpoint = await writeCheckpoint({
    architecture: 'a',
    step: 3,
    ...state,
    random: null,
    cursor: 3,
    config: {},
  });
  const [config, weights] = [small['adapter_config.json'], small['adapter_model.safetensors']];
  return [
    ofText('adapter configs', config, (bytes) => readAdapter({ config: bytes, weights })),
    ofTensors('adapter weights', weights, (bytes) => readAdapter({ config, weights: bytes })),
    ofTensors('kohya files', kohya, (bytes) => readKohya(bytes, ['down1', 'tb.self.q'])),
    ofTensors('networks', generator, (bytes) => readNetworkFile(bytes)),
    ofTensors('checkpoints', checkpoint, (bytes) => readCheckpoint(bytes, 'a')),
    ofText('adapter indexes', new TextEncoder().encode(writeAdapterIndex([ENTRY])), readAdapterIndex),
    ofText('quality files', new TextEncoder().encode(writeQuality(QUALITY)), readQuality),
  ];
}

/** Formats that are read from a path. */
async function onDisk(folder: string): Promise<Target[]> {
  const at = (...names: string[]) => join(folder, ...names);
  for (const set of ['lines', 'table']) {
    await mkdir(at(set, 'train'), { recursive: true });
    for (const name of ['a', 'b', 'c']) await writeNoise(at(set, 'train', `${name}.png`), 4, 4);
  }
  await mkdir(at('run'));
  const through = (path: string, read: () => Promise<unknown>) => async (bytes: Uint8Array) => {
    await writeFile(path, bytes);
    return read();
  };
  const row = {
    input_file_name: 'train/a.png',
    output_file_name: 'train/b.png',
    edit_prompt: 'ink',
    concept: 'ink',
  };
  const csv =
    'input_file_name,output_file_name,edit_prompt\n"train/a.png",train/b.png,"a ""b"", c"\ntrain/c.png,train/b.png,ink\n';
  const workflow = {
    1: { class_type: 'LoadImage', inputs: { image: '%input%' } },
    2: { class_type: 'Text', inputs: { text: '%prompt%', seed: '%seed%' } },
  };
  const pairs = (set: string, name: string) => through(at(set, name), () => findPairs(at(set)));
  return [
    ofText(
      'metadata.jsonl',
      new TextEncoder().encode(`${JSON.stringify(row)}\n`.repeat(3)),
      pairs('lines', 'metadata.jsonl'),
    ),
    ofText('metadata.csv', new TextEncoder().encode(csv), pairs('table', 'metadata.csv')),
    ofText(
      'concept lists',
      text({ concepts: [{ name: 'ink', prompt: 'an ink drawing', negative: 'colour' }] }),
      through(at('concepts.json'), () => readConcepts(at('concepts.json'))),
    ),
    ofText(
      'ranks',
      text({ ranks: { up1: 8, down1: 2 } }),
      through(at('ranks.json'), () => readRanks(at('ranks.json'))),
    ),
    ofText(
      'workflows',
      text(workflow),
      through(at('workflow.json'), () => readWorkflow(at('workflow.json'))),
    ),
    ofText(
      'run configs',
      text({ steps: 3, net: { width: 4 } }),
      through(at('run', 'config.json'), async () =>
        (await openRunFolder(at('run'), { steps: 3, net: { width: 4 } })).release(),
      ),
    ),
  ];
}

const names = fc.oneof(
  fc.string(),
  fc.constantFrom('a', '__metadata__', '__proto__', 'constructor', 'a\0b', '\u202e', ''),
);
const numbers = fc.oneof(
  fc.integer(),
  fc.nat(64),
  fc.double(),
  fc.constantFrom(-1, 2 ** 31, 2 ** 32 + 2, 2 ** 53, 1e308),
);
const entry = fc.oneof(
  fc.record(
    {
      dtype: fc.oneof(fc.constantFrom('F32', 'F16', 'BF16', 'F64', 'I8', 'U64', 'f32'), fc.anything()),
      shape: fc.oneof(fc.array(numbers, { maxLength: 5 }), fc.anything()),
      data_offsets: fc.oneof(fc.array(numbers, { minLength: 2, maxLength: 2 }), fc.anything()),
    },
    { requiredKeys: [] },
  ),
  fc.dictionary(fc.string(), fc.string()),
  fc.anything(),
);
const header = fc.oneof(fc.dictionary(names, entry, { maxKeys: 6 }), fc.json());

/** Headers that were never sound: any JSON in the shape of one. */
const generated = (seed: number, count: number): Target => {
  const samples = fc.sample(fc.tuple(header, fc.nat(200)), { seed, numRuns: Math.min(count, 20_000) });
  let at = 0;
  return {
    name: 'generated safetensors headers',
    make() {
      const [value, bytes] = samples[at++ % samples.length]!;
      const json =
        typeof value === 'string'
          ? value
          : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v));
      return craft(json ?? 'null', bytes);
    },
    read: readSafetensors,
  };
};

/** What is written is read again, whatever the names, shapes and metadata. */
function roundTrips(figures: Figures, { full, seed }: PartOptions): void {
  const numRuns = full ? 5000 : 300;
  const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).map(array);
  const written = fc
    .string({ unit: 'binary' })
    .filter((name) => !['__metadata__', '__proto__'].includes(name) && !name.includes('\0'));
  const whole = fc.tuple(
    fc.dictionary(written, tensor, { maxKeys: 5 }),
    fc.dictionary(written, written, { maxKeys: 3 }),
  );
  const result = fc.check(
    fc.property(whole, ([tensors, about]) => {
      const back = readSafetensors(
        writeSafetensors(new Map(Object.entries(tensors)), new Map(Object.entries(about))),
      );
      const same = Object.entries(tensors).every(
        ([name, { shape }]) => `${back.tensors.get(name)?.shape}` === `${shape}`,
      );
      return same && Object.entries(about).every(([key, value]) => back.metadata.get(key) === value);
    }),
    { seed, numRuns },
  );
  if (result.failed)
    figures.detail(`${JSON.stringify(result.counterexample)} ${result.errorInstance ?? ''}`.slice(0, 500));
  figures.count('safetensors that are written and read again', result.failed ? 0 : numRuns, numRuns, 'equal');
}

await runPart((figures, options) =>
  inScratch(async (folder) => {
    const { full, seed } = options;
    const many = (counts: typeof HEADERS) => ({ ...LIMITS, seed, count: full ? counts.full : counts.sample });
    const headers = ofTensors('safetensors headers', small['adapter_model.safetensors'], readSafetensors);
    await fuzzAll(figures, 'safetensors headers', [headers], many(HEADERS));
    const made = many({ full: 100_000, sample: 2000 });
    await fuzzAll(figures, 'generated headers', [generated(seed, made.count)], made);
    roundTrips(figures, options);
    await fuzzAll(
      figures,
      'all other formats',
      [...(await inMemory()), ...(await onDisk(folder))],
      many(OTHERS),
    );
  }),
);
