import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import { biasLength, type LayerSpec } from './layers.ts';

/** Rank of each adapted layer, by path. */
export type Ranks = ReadonlyMap<string, number>;

/**
 * Ranks where no search was run: 8 on the sampling layers, 1 on the first of them and on the transformer's
 * projections, none on residual blocks, stem and head: 91,840 weights on `paper`, the size of the published adapters.
 * The narrow presets adapt stem, head and mix too.
 *
 * @see Gong et al. 2024 (E2GAN), figure 3 (which layers) and the rank ablation (how many weights)
 */
export function defaultRanks(config: GeneratorConfig): Ranks {
  const sampling = new Set(['down2', 'ds', 'us', 'up1', 'up2']);
  const ends = new Set(['stem', 'head']); // Where the narrow presets' detail goes by.
  const ranks = new Map<string, number>();
  for (const { path, kind } of generatorSpecs(config)) {
    if (path === 'mix') ranks.set(path, 3);
    else if (sampling.has(path) || (config.skips && ends.has(path))) ranks.set(path, 8);
    else if (path === 'down1' || (path.startsWith('tb.') && kind === 'linear')) ranks.set(path, 1);
  }
  return ranks;
}

/** Shapes of one layer's pair as in files. @throws Error for a layer that takes no LoRA */
export function pairShapes(spec: LayerSpec, rank: number): { A: readonly number[]; B: readonly number[] } {
  const [first, second, ...kernel] = spec.weight as [number, number, ...number[]];
  if (spec.kind === 'norm') throw new Error(`${spec.path} is a norm: it takes no LoRA`);
  const A = spec.kind === 'conv_transpose2d' ? [first, rank, ...kernel] : [rank, second, ...kernel];
  return { A, B: [biasLength(spec), rank, ...kernel.map(() => 1)] };
}

/** Shapes of all pairs as in files: `<path>.lora_A`, `<path>.lora_B`. @throws Error naming an unknown layer */
export function loraShapes(specs: readonly LayerSpec[], ranks: Ranks): Map<string, readonly number[]> {
  const byPath = new Map(specs.map((spec) => [spec.path, spec]));
  const shapes = new Map<string, readonly number[]>();
  for (const [path, rank] of ranks) {
    const spec = byPath.get(path);
    if (!spec) throw new Error(`no layer ${path} to adapt; there are ${[...byPath.keys()].join(', ')}`);
    const { A, B } = pairShapes(spec, rank);
    shapes.set(`${path}.lora_A`, A);
    shapes.set(`${path}.lora_B`, B);
  }
  return shapes;
}
