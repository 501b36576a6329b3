import type { Specials } from '#kernels/assemble.ts';
import type { AnyKernel } from '#kernels/kernel.ts';
import { rootOf, type Storage, type Tensor } from './tensor.ts';

/** One dispatch, as an op asks for it. */
export interface Launch {
  readonly label: string;
  readonly kernel: AnyKernel;
  readonly core: string | null;
  readonly tensors: readonly Tensor[];
  readonly params: Readonly<Record<string, number>>;
  readonly overrides: Readonly<Record<string, number | boolean>>;
  readonly specials: Specials;
  readonly groups: readonly [number, number, number];
  /** Floating-point operations, for the profile and for cutting submits. */
  readonly flops: number;
}

/** Storages that a launch reads, and writes; parts count as their whole. */
export const reads = (l: Launch): Storage[] =>
  l.tensors.filter((_, i) => l.kernel.bindings[i]!.access === 'read').map((t) => rootOf(t.storage));

export const writes = (l: Launch): Storage[] =>
  l.tensors.filter((_, i) => l.kernel.bindings[i]!.access === 'read_write').map((t) => rootOf(t.storage));

/** What tracing leaves behind: launches in order, and the inputs that were asked for. */
export class Recording {
  readonly launches: Launch[] = [];
  readonly inputs = new Map<string, Tensor>();
  /** Temporaries that lie inside another. */
  readonly parts: Storage[] = [];
  #temps = 0;

  nextTempName(): string {
    return `temp${this.#temps++}`;
  }
}
