import { type Arrays, type Shapes, Weights } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { Trained } from './gan_step.ts';

/** All named tensors of a run in files' layout: `generator.…`, `discriminator.…`, `lora.…`. */
export interface TrainState {
  readonly weights: Arrays;
  readonly adamM: Arrays;
  readonly adamV: Arrays;
}

/** One set of weights with Adam's moments. */
export class TrainedWeights {
  readonly weights: Weights;
  readonly m: Weights;
  readonly v: Weights;

  constructor(gpu: Gpu, name: string, shapes: Shapes) {
    this.weights = new Weights(gpu, name, shapes);
    this.m = new Weights(gpu, `${name} adam m`, shapes);
    this.v = new Weights(gpu, `${name} adam v`, shapes);
  }

  trained(hyper: Trained['hyper']): Trained {
    return { weights: this.weights.group, m: this.m.group, v: this.v.group, hyper };
  }

  dispose(): void {
    for (const part of [this.weights, this.m, this.v]) part.dispose();
  }
}

const prefixed = (arrays: Arrays, prefix: string) =>
  [...arrays].map(([name, array]) => [`${prefix}.${name}`, array] as const);

const without = (arrays: Arrays, prefix: string): Arrays =>
  new Map(
    [...arrays]
      .filter(([name]) => name.startsWith(`${prefix}.`))
      .map(([name, a]) => [name.slice(prefix.length + 1), a]),
  );

/** Sets of weights under the prefixes of their names in a state. */
export type TrainedParts = readonly (readonly [name: string, trained: TrainedWeights])[];

/** All weights of these with their moments. */
export async function saveTrained(parts: TrainedParts): Promise<TrainState> {
  const all = async (part: 'weights' | 'm' | 'v'): Promise<Arrays> => {
    const groups = [];
    for (const [name, trained] of parts) groups.push(...prefixed(await trained[part].save(), name));
    return new Map(groups);
  };
  return { weights: await all('weights'), adamM: await all('m'), adamV: await all('v') };
}

/** Writes a saved state into these; what is left out stays as it is. @throws FormatError */
export function restoreTrained(parts: TrainedParts, { weights, adamM, adamV }: Partial<TrainState>): void {
  for (const [name, trained] of parts) {
    if (weights) trained.weights.load(without(weights, name));
    if (adamM) trained.m.load(without(adamM, name));
    if (adamV) trained.v.load(without(adamV, name));
  }
}
