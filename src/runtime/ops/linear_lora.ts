import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { checkRank, type Lora } from './lora.ts';
import { linear } from './matmul.ts';
import { scale } from './mul.ts';

/**
 * y = x w + bias + residual + scale (x A) B. The scale goes on B, the smallest of the factors, and the last product adds
 * the rest in its store.
 *
 * @param x - `[..., in]`
 * @param w - `[in, out]`
 * @param bias - `[out]` or null
 * @param lora - A `[in, r]`, B `[r, out]`
 * @param residual - `[..., out]` or null
 * @returns `[..., out]`
 * @throws ShapeError when the sizes disagree
 * @see Hu et al. 2021 (LoRA), equation 3
 */
export function linearLora(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  lora: Lora,
  residual: Tensor | null = null,
): Tensor {
  checkRank('linear_lora', lora, lora.A.shape[1]);
  const base = linear(tape, x, w, bias, residual);
  return x.gpu.scope('lora', () => {
    const low = linear(tape, x, lora.A, null);
    return linear(tape, low, scale(tape, lora.B, lora.scale), null, base);
  });
}
