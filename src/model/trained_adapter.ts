import { ADAPTER_METADATA } from './adapter_file.ts';
import type { Adapter, AdapterLayer } from './adapter_layer.ts';
import { weightCount } from './counts.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import type { Arrays } from './weights.ts';

/** What an adapter's file says about its making. */
export interface AdapterOrigin {
  readonly base: { readonly sha256: string; readonly name: string };
  readonly concept: string;
  readonly prompt: string;
  readonly imageSize: number;
  readonly trainPairs: number;
}

/** Trained pairs `<path>.lora_A`, `<path>.lora_B` as an adapter with scale 1. */
export function adapterOf(config: GeneratorConfig, lora: Arrays, origin: AdapterOrigin): Adapter {
  const specs = generatorSpecs(config);
  const transposed = new Set(specs.filter((s) => s.kind === 'conv_transpose2d').map((s) => s.path));
  const layers = new Map<string, AdapterLayer>();
  for (const [name, A] of lora) {
    if (!name.endsWith('.lora_A')) continue;
    const path = name.slice(0, -'.lora_A'.length);
    const B = lora.get(`${path}.lora_B`)!;
    layers.set(path, { A, B, rank: B.shape[1]!, scale: 1, transposed: transposed.has(path) });
  }
  const metadata = new Map([
    [ADAPTER_METADATA.baseSha256, origin.base.sha256],
    [ADAPTER_METADATA.baseWeights, String(weightCount(specs))],
    [ADAPTER_METADATA.concept, origin.concept],
    [ADAPTER_METADATA.prompt, origin.prompt],
    [ADAPTER_METADATA.imageSize, String(origin.imageSize)],
    [ADAPTER_METADATA.trainPairs, String(origin.trainPairs)],
    [ADAPTER_METADATA.version, '1'],
  ]);
  return { layers, metadata, baseModel: origin.base.name };
}
