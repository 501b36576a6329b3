import type { AdapterEntry } from '../../src/model/adapter_index.ts';

/** How close edits come to their targets. */
export const SCORE = { l1: 0.02, psnr: 24.5, ssim: 0.9 };
/** A judgement. */
export const QUALITY = { pairs: 16, width: 64, height: 64, untouched: SCORE, base: SCORE, tuned: SCORE };

/** One adapter of a library, no field left out. */
export const ENTRY: AdapterEntry = {
  name: 'ink — «tusche»',
  prompt: 'make it an ink drawing',
  base: { name: 'e2gan-tiny', sha256: 'a'.repeat(64), weights: 531_444 },
  bytes: 69_000,
  sha256: 'b'.repeat(64),
  dtype: 'F16',
  weights: 32_396,
  ranks: { down1: 1, 'tb.self.q': 1 },
  image_size: 64,
  train_pairs: 80,
  quality: QUALITY,
  files: {
    config: 'ink/adapter_config.json',
    weights: 'ink/adapter_model.safetensors',
    thumbnail: 'ink/comparison.png',
  },
};
