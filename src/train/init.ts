import { biasLength, type LayerSpec, parameterShapes } from '../model/layers.ts';
import { loraShapes, type Ranks } from '../model/lora.ts';
import type { FloatArray } from '../model/safetensors.ts';
import { product } from '../runtime/shape.ts';
import type { Random } from './random.ts';

const filled = (shape: readonly number[], next: () => number): FloatArray => ({
  shape,
  data: Float32Array.from({ length: product(shape) }, next),
});

const uniform = (random: Random, bound: number) => () => (2 * random.next() - 1) * bound;

/** Products that one output of a convolution adds up; a transposed one of stride 2 meets a quarter of its taps. */
function fanIn(kind: LayerSpec['kind'], [first, second, ...kernel]: readonly number[]): number {
  return kind === 'conv_transpose2d' ? (first! * product(kernel)) / 4 : second! * product(kernel);
}

function initialWeight({ kind, weight, init }: LayerSpec, random: Random): FloatArray {
  if (init === 'zero') return filled(weight, () => 0);
  if (init === 'he') {
    const std = Math.sqrt(2 / fanIn(kind, weight));
    return filled(weight, () => std * random.normal());
  }
  if (init) return filled(weight, () => init.std * random.normal());
  if (kind === 'norm') return filled(weight, () => 1);
  if (kind === 'linear') return filled(weight, uniform(random, 1 / Math.sqrt(weight[1]!)));
  return filled(weight, () => 0.02 * random.normal());
}

/**
 * First weights of a network: convolutions N(0, 0.02), linear layers U(±1/√in), norms 1, biases 0; what
 * its spec asks for 0 or N(0, std).
 *
 * @see Isola et al. 2017 (pix2pix), section 6.2
 */
export function initialWeights(specs: readonly LayerSpec[], random: Random): Map<string, FloatArray> {
  const arrays = new Map<string, FloatArray>();
  for (const spec of specs) {
    arrays.set(`${spec.path}.weight`, initialWeight(spec, random));
    if (spec.bias)
      arrays.set(
        `${spec.path}.bias`,
        filled([biasLength(spec)], () => 0),
      );
  }
  return new Map([...parameterShapes(specs).keys()].map((name) => [name, arrays.get(name)!]));
}

/**
 * First pairs of an adapter: A ~ U(±1/√fan-in), as Kaiming's with a = √5; B = 0, so that it changes nothing yet.
 *
 * @see Hu et al. 2021 (LoRA), section 4.1
 */
export function initialLora(
  specs: readonly LayerSpec[],
  ranks: Ranks,
  random: Random,
): Map<string, FloatArray> {
  const transposed = new Set(
    specs.filter((s) => s.kind === 'conv_transpose2d').map((s) => `${s.path}.lora_A`),
  );
  const arrays = new Map<string, FloatArray>();
  for (const [name, shape] of loraShapes(specs, ranks)) {
    const [first, second, ...kernel] = shape as [number, number, ...number[]];
    const fanIn = (transposed.has(name) ? first : second) * product(kernel);
    arrays.set(
      name,
      filled(shape, name.endsWith('.lora_A') ? uniform(random, 1 / Math.sqrt(fanIn)) : () => 0),
    );
  }
  return arrays;
}
