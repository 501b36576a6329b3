import type { ParameterGroup } from '../runtime/group.ts';
import { firstNonFinite, placeOf } from '../runtime/ops/finite.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { BatchValues, Losses } from './training.ts';

/** A value left the finite numbers. Names the tensor and the step; the last checkpoint is from before. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

interface Watched {
  readonly kind: 'weight' | 'gradient';
  readonly group: ParameterGroup;
  readonly place: Tensor;
}

const PLACE = 4;

/** The parameter of a group whose memory holds an element. */
function parameterAt({ flat, tensors }: ParameterGroup, element: number): string {
  const found = [...tensors].find(([, { storage, length }]) => {
    const begin = storage.offset / 4;
    return begin <= element && element < begin + length;
  });
  return `${flat.storage.name}.${found?.[0] ?? `element ${element}`}`;
}

/**
 * What is looked at in every step while it is traced: a ReLU or a clamp may turn NaN into a number, so that no loss would
 * tell.
 */
export class Watch {
  readonly #watched: Watched[] = [];

  /** Looks at weights, as they are where the trace has come to. */
  weights(group: ParameterGroup): void {
    this.#watched.push({ kind: 'weight', group, place: firstNonFinite(group.flat) });
  }

  /** Looks at the gradients of a group, `[n]`. */
  gradients(group: ParameterGroup, gradients: Tensor): void {
    this.#watched.push({ kind: 'gradient', group, place: firstNonFinite(gradients) });
  }

  /** What it saw, to be read back beside the losses: four values each. */
  get places(): readonly Tensor[] {
    return this.#watched.map(({ place }) => place);
  }

  #check(kind: Watched['kind'], step: number, places: Float32Array): void {
    for (const [i, watched] of this.#watched.entries()) {
      const element = placeOf(places.subarray(PLACE * i, PLACE * (i + 1)));
      if (watched.kind !== kind || element === null) continue;
      const name = parameterAt(watched.group, element);
      throw new DivergedError(`${kind} ${name} is not finite at step ${step}`);
    }
  }

  /**
   * Looks through what a step left, causes first: the weights that it began with, its losses, its gradients.
   * @param places - values of `places`, one after the other
   * @throws DivergedError
   */
  check(step: number, losses: Losses, places: Float32Array): void {
    this.#check('weight', step, places);
    checkLosses(step, losses);
    this.#check('gradient', step, places);
  }
}

/** @throws DivergedError naming the first loss that is not finite */
export function checkLosses(step: number, losses: Losses): void {
  for (const [name, value] of Object.entries(losses))
    if (!Number.isFinite(value)) throw new DivergedError(`loss ${name} is ${value} at step ${step}`);
}

const EXPONENT = 0x7f800000;

/** @throws DivergedError naming the first input with a value that is not finite */
export function checkInputs(step: number, inputs: BatchValues): void {
  for (const [name, values] of Object.entries(inputs)) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const at = bits.findIndex((word) => (word & EXPONENT) === EXPONENT);
    if (at >= 0) throw new DivergedError(`input ${name} is ${values[at]} at element ${at} at step ${step}`);
  }
}
