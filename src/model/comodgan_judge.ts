import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { type ComodganConfig, channelsAt, resolutions } from './comodgan_spec.ts';
import { affine, type Dual, dualLeakyRelu, dualMix } from './dual.ts';
import { equalizedConv, equalizedDown, equalizedLinear, LEAKY_GAIN, SLOPE } from './equalized.ts';
import type { Layers } from './layers.ts';
import { minibatchStd } from './minibatch_std.ts';

type Layer = typeof equalizedConv;

/**
 * Co-Mod-GAN's discriminator, which is StyleGAN2's with the source picture beside the judged one.
 *
 * @param pair - `[n, edge, edge, 6]`, with a tangent where the score's is wanted
 * @returns logits `[n, 1]`
 * @see Karras et al. 2020 (StyleGAN2), section 4.1 (residual discriminator)
 */
export function comodganJudge(tape: Tape | null, layers: Layers, config: ComodganConfig, pair: Dual): Dual {
  const apply = (layer: Layer, path: string, x: Dual, gain: number) =>
    affine(x, (t, bias) => layer(tape, layers, path, t, { gain, bias }));
  const leaky = (layer: Layer, path: string, x: Dual) =>
    dualLeakyRelu(tape, apply(layer, path, x, LEAKY_GAIN), SLOPE);
  let x = leaky(equalizedConv, 'rgb', pair);
  for (const edge of resolutions(config)) {
    const skip = apply(equalizedDown, `b${edge}.skip`, x, 1);
    const inner = leaky(equalizedConv, `b${edge}.conv`, x);
    x = dualMix(tape, leaky(equalizedDown, `b${edge}.down`, inner), skip, Math.SQRT1_2);
  }
  x = leaky(equalizedConv, 'b4.conv', minibatchStd(tape, x));
  const flat = (t: Tensor) => t.view([t.shape[0]!, 16 * channelsAt(config, 4)]);
  const whole = { value: flat(x.value), tangent: x.tangent && flat(x.tangent) };
  return apply(equalizedLinear, 'score', leaky(equalizedLinear, 'dense', whole), 1);
}
