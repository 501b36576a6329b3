import { expect } from '../errors.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * A low-rank change of one weight: A leads into `r` channels, B out of them. `scale` is alpha / r times the adapter's
 * strength: a number, or a tensor of one element that may change before every run.
 */
export interface Lora {
  readonly A: Tensor;
  readonly B: Tensor;
  readonly scale: number | Tensor;
}

/** @throws ShapeError when A does not make the channels that B takes; the rest is checked where they are used */
export function checkRank(op: string, { A, B }: Lora, rankOfA: number | undefined, groups = 1): void {
  expect(
    A.shape.length === B.shape.length && rankOfA === B.shape.at(-2)! * groups,
    op,
    `A is ${showShape(A.shape)}, B is ${showShape(B.shape)}: their ranks differ${groups > 1 ? ` with groups ${groups}` : ''}`,
  );
}
