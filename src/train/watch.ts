import type { ParameterGroup } from '../runtime/group.ts';
import { firstNonFinite, placeOf } from '../runtime/ops/finite.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { BatchValues, Losses } from './training.ts';

/** A value left the finite numbers. Names the tensor and the step; the last checkpoint is from before. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

interface Watched {
  /** The losses that these are gradients of; null for weights. */
  readonly of: readonly (keyof Losses)[] | null;
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
    this.#watched.push({ of: null, group, place: firstNonFinite(group.flat) });
  }

  /** Looks at the gradients of some losses by a group, `[n]`. */
  gradients(of: readonly (keyof Losses)[], group: ParameterGroup, gradients: Tensor): void {
    this.#watched.push({ of, group, place: firstNonFinite(gradients) });
  }

  /** What it saw, to be read back beside the losses: four values each. */
  get places(): readonly Tensor[] {
    return this.#watched.map(({ place }) => place);
  }

  /**
   * Looks through what a step left, causes first: the weights that it began with, then losses and their gradients in the
   * order of the trace, for the weights that one loss moves are those that the next is made with.
   * @param places - values of `places`, one after the other
   * @throws DivergedError
   */
  check(step: number, losses: Losses, places: Float32Array): void {
    for (const [i, { of, group }] of this.#watched.entries()) {
      if (of) checkLosses(step, losses, of);
      const element = placeOf(places.subarray(PLACE * i, PLACE * (i + 1)));
      if (element === null) continue;
      const kind = of ? 'gradient' : 'weight';
      throw new DivergedError(`${kind} ${parameterAt(group, element)} is not finite at step ${step}`);
    }
    checkLosses(step, losses);
  }
}

/** @param names - which to look at; all by default @throws DivergedError naming the first that is not finite */
export function checkLosses(
  step: number,
  losses: Losses,
  names: readonly string[] = Object.keys(losses),
): void {
  for (const [name, value] of Object.entries(losses))
    if (names.includes(name) && !Number.isFinite(value))
      throw new DivergedError(`loss ${name} is ${value} at step ${step}`);
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
