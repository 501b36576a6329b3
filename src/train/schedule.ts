/** Adam as pix2pix uses it. */
export const PIX2PIX_ADAM = { lr: 2e-4, beta1: 0.5, beta2: 0.999, eps: 1e-8, weightDecay: 0 } as const;

/**
 * Learning rate at `step` of `steps`: constant for the first half, then linear to 0.
 *
 * @see Isola et al. 2017 (pix2pix), as its published code trains
 */
export function learningRate(base: number, step: number, steps: number): number {
  const half = steps / 2;
  return step < half ? base : base * Math.max(0, 1 - (step - half) / (steps - half));
}
