import { join } from 'node:path';
import { ADAPTER_METADATA, readAdapter, writeAdapter } from '../model/adapter_file.ts';
import type { Adapter, AdapterLayer } from '../model/adapter_layer.ts';
import { weightCount } from '../model/counts.ts';
import { type GeneratorConfig, generatorSpecs } from '../model/generator_spec.ts';
import type { StoredDtype } from '../model/safetensors.ts';
import type { Arrays } from '../model/weights.ts';
import type { BaseModel } from './base_model.ts';
import { writeAtomic } from './files.ts';

/** What an adapter's file says about its making. */
export interface AdapterOrigin {
  readonly base: BaseModel;
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

/** An adapter as it lies in a folder. */
export interface SavedAdapter {
  /** Bytes of its weights' file. */
  readonly bytes: number;
  /** What reading it back gives: weights rounded as they are stored. */
  readonly adapter: Adapter;
}

/**
 * Writes an adapter's files into a folder, the configuration last, since nothing is an adapter without it.
 * @throws UserError; FormatError naming a tensor with a value that the type cannot hold
 */
export async function saveAdapter(
  folder: string,
  adapter: Adapter,
  storage: StoredDtype,
): Promise<SavedAdapter> {
  const written = writeAdapter(adapter, storage);
  const { 'adapter_config.json': config, 'adapter_model.safetensors': weights } = written;
  const stored = readAdapter({ config, weights });
  await writeAtomic(join(folder, 'adapter_model.safetensors'), weights);
  await writeAtomic(join(folder, 'adapter_config.json'), config);
  return { bytes: weights.length, adapter: stored };
}
