import { KernelError } from './errors.ts';
import { add } from './ops/add.ts';
import { scale } from './ops/mul.ts';
import type { Storage, Tensor } from './tensor.ts';

declare global {
  /** Set by build.mjs; false drops every backward, with its kernels, from a bundle. */
  const TRAINING: boolean;
}

/** One gradient per input, or null where the op gives none. */
type Backward = (...cotangents: Tensor[]) => (Tensor | null)[];

interface Entry {
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  readonly backward: Backward;
}

/**
 * Remembers, while a program is traced, how each op is differentiated. An op with a tracked input records its backward;
 * `gradients` runs those in reverse and adds up where a tensor was used more than once. Launches that no wanted
 * gradient needs are dropped by the planner, so ops need not ask which of their inputs matter.
 */
export class Tape {
  readonly #entries: Entry[] = [];
  readonly #tracked = new Set<Storage>();

  /** Declares what will be differentiated by. */
  watch(tensors: Iterable<Tensor>): void {
    for (const t of tensors) this.#tracked.add(t.storage);
  }

  tracks(tensor: Tensor): boolean {
    return this.#tracked.has(tensor.storage);
  }

  record(output: Tensor | readonly Tensor[], inputs: readonly Tensor[], backward: Backward): void {
    if (!inputs.some((t) => this.tracks(t))) return;
    const outputs = Array.isArray(output) ? (output as readonly Tensor[]) : [output as Tensor];
    for (const t of outputs) this.#tracked.add(t.storage);
    this.#entries.push({ outputs, inputs, backward });
  }

  /**
   * Cotangents of `loss` with respect to `wanted`, seeded with `seed` (for a scalar loss: 1).
   * @param absent - what a wanted tensor gets that the loss does not depend on
   * @throws KernelError naming such a tensor, unless it gets zeros
   */
  gradients(
    loss: Tensor,
    seed: Tensor,
    wanted: readonly Tensor[],
    absent: 'refused' | 'zeros' = 'refused',
  ): Tensor[] {
    const cotangents = new Map<Storage, Tensor>([[loss.storage, seed]]);
    for (const { outputs, inputs, backward } of [...this.#entries].reverse()) {
      const given = outputs.map((t) => cotangents.get(t.storage));
      if (given.every((g) => g === undefined)) continue;
      if (given.some((g) => g === undefined))
        throw new KernelError('gradients: an op with several outputs had one unused');
      const found = backward(...given.map((g, i) => g!.view(outputs[i]!.shape)));
      for (const [i, input] of inputs.entries()) this.#accumulate(cotangents, input, found[i] ?? null);
    }
    return wanted.map((t) => {
      const g = cotangents.get(t.storage);
      if (!g && absent === 'zeros') return scale(null, t, 0);
      if (!g) throw new KernelError(`gradients: the loss does not depend on ${t.storage.name}`);
      return g.view(t.shape);
    });
  }

  #accumulate(cotangents: Map<Storage, Tensor>, input: Tensor, gradient: Tensor | null): void {
    if (!gradient || !this.tracks(input)) return;
    const before = cotangents.get(input.storage);
    cotangents.set(input.storage, before ? add(null, before, gradient.view(before.shape)) : gradient);
  }
}
