import type { LoraPair } from './layers.ts';
import type { Weights } from './weights.ts';

/** Pairs as Layers take them, from a LoRA's tensors `<path>.lora_A`, `<path>.lora_B` with scale 1. */
export function loraPairs(
  tensors: Weights['tensors'],
  scale: LoraPair['scale'] = 1,
): Map<string, LoraPair[]> {
  const pairs = new Map<string, LoraPair[]>();
  for (const [name, A] of tensors) {
    if (!name.endsWith('.lora_A')) continue;
    const path = name.slice(0, -'.lora_A'.length);
    pairs.set(path, [{ A, B: tensors.get(`${path}.lora_B`)!, scale }]);
  }
  return pairs;
}
