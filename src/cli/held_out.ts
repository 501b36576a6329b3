import type { Picture } from '../model/picture.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { PromptedPair } from '../train/loop.ts';
import type { Training } from '../train/training.ts';
import { writeAtomic } from './files.ts';
import { encodePng } from './images/png.ts';
import type { RunFolder } from './run_folder.ts';
import { comparison, editAll, type Quality, quality } from './session.ts';

const SHOWN = 8;

/** What a training makes of pairs that it has not seen. */
export interface HeldOutResult {
  readonly edited: readonly Picture[];
  readonly untouched: Quality;
  readonly trained: Quality;
}

/** Edits the held-out pictures with the weights as they are, and draws the first of them as `comparison.png`. */
export async function judgeHeldOut(
  gpu: Gpu,
  run: RunFolder,
  trainer: Training,
  heldOut: readonly PromptedPair[],
): Promise<HeldOutResult> {
  const program = await trainer.preview(gpu, heldOut[0]!.input.width);
  const edited = await editAll(program, heldOut);
  program.dispose();
  const targets = heldOut.map((p) => p.target);
  const inputs = heldOut.map((p) => p.input);
  const png = encodePng(await comparison(heldOut.slice(0, SHOWN), edited));
  await writeAtomic(run.file('comparison.png'), png);
  return { edited, untouched: quality(inputs, targets), trained: quality(edited, targets) };
}

export const QUALITY_COLUMNS = ['against the target', 'L1', 'PSNR dB', 'SSIM'] as const;

/** One row of a table with these columns. */
export const qualityRow = (name: string, { l1, psnr, ssim }: Quality): string[] => [
  name,
  l1.toFixed(4),
  psnr.toFixed(2),
  ssim.toFixed(4),
];
