import { writeAdapter } from '../../src/model/adapter_file.ts';
import type { Adapter, AdapterLayer } from '../../src/model/adapter_layer.ts';
import { type GeneratorConfig, generatorSpecs } from '../../src/model/generator_spec.ts';
import { defaultRanks } from '../../src/model/lora.ts';
import { writeGenerator } from '../../src/model/network_file.ts';
import { product } from '../../src/runtime/shape.ts';
import { initialLora, initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';

/** A generator so narrow that a software device runs many frames of it a second. */
export const SMALL: GeneratorConfig = { width: 4, heads: 1, context: 8, skips: true };

/** Half as wide: what a page falls back to from it. */
export const SMALLER: GeneratorConfig = { ...SMALL, width: 2 };

/** Weights of a base drawn from a seed; none is zero, so that every layer shows. */
export function smallWeights(seed: number, config = SMALL) {
  const random = new Random(seed);
  const specs = generatorSpecs(config).map(({ init, ...spec }) => (init === 'he' ? { ...spec, init } : spec));
  return initialWeights(specs, random);
}

/** The file of such a base. */
export const smallBase = (
  seed: number,
  storage: 'F32' | 'F16' = 'F32',
  name = 'small',
  config = SMALL,
): Uint8Array =>
  writeGenerator(
    { config, weights: smallWeights(seed, config), about: new Map([['e2gan.name', name]]) },
    storage,
  );

/** An adapter for a base of these sizes, drawn from a seed. */
export function randomAdapter(seed: number, concept: string, config: GeneratorConfig = SMALL): Adapter {
  const random = new Random(seed);
  const specs = generatorSpecs(config);
  const transposed = new Set(specs.filter((s) => s.kind === 'conv_transpose2d').map((s) => s.path));
  const first = initialLora(specs, defaultRanks(config), random);
  const layers = new Map<string, AdapterLayer>();
  for (const [path, rank] of defaultRanks(config)) {
    const { shape } = first.get(`${path}.lora_B`)!;
    const data = Float32Array.from({ length: product(shape) }, () => 0.2 * random.normal());
    const A = first.get(`${path}.lora_A`)!;
    layers.set(path, { A, B: { shape, data }, rank, scale: 1, transposed: transposed.has(path) });
  }
  const metadata = new Map([
    ['e2gan.concept', concept],
    ['e2gan.prompt', `make it ${concept}`],
  ]);
  return { layers, metadata, baseModel: 'small' };
}

/** Its two files, by the paths that a server gives them. */
export function adapterFiles(folder: string, adapter: Adapter): Record<string, Uint8Array> {
  const files = writeAdapter(adapter);
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));
}
