import type { Specials } from '#kernels/assemble.ts';
import type { AnyKernel } from '#kernels/kernel.ts';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { type Shape, showShape } from './shape.ts';
import { type Dtype, newStorage, rootOf, type Storage, type Tensor } from './tensor.ts';
import type { Choice } from './tuner.ts';

/** Workgroups along one axis that every device takes. */
export const MAX_GROUPS = 65535;

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
  /** Where the launch could have taken another form; null where there is but one. */
  readonly choice: Choice | null;
}

/** Names of the bindings that hold f16. */
export const halvesOf = ({ kernel, tensors }: Launch): string[] =>
  kernel.bindings.filter((_, i) => tensors[i]?.dtype === 'f16').map((b) => b.name);

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
  readonly #temps = new Set<Storage>();

  temp(shape: Shape, dtype: Dtype = 'f32'): Storage {
    const storage = newStorage('temp', `temp${this.#temps.size}`, shape, dtype);
    this.#temps.add(storage);
    return storage;
  }

  #owns(storage: Storage): boolean {
    return this.#temps.has(storage) || [...this.inputs.values()].some((t) => t.storage === storage);
  }

  /** Appends one launch. @throws KernelError where it does not fit the device, or takes a tensor from elsewhere. */
  add(gpu: Gpu, launch: Launch): void {
    const { label, groups, kernel, tensors } = launch;
    if (!groups.every((n) => Number.isInteger(n) && n > 0 && n <= MAX_GROUPS))
      throw new KernelError(
        `${label}: ${groups.join(' x ')} workgroups, each must be from 1 to ${MAX_GROUPS}`,
      );
    const limit = gpu.device.limits.maxStorageBufferBindingSize;
    for (const [i, { gpu: home, shape, storage }] of tensors.entries()) {
      const what = `${label}: ${kernel.bindings[i]!.name} ${showShape(shape)}`;
      if (home !== gpu) throw new KernelError(`${what} lives on another device`);
      if (storage.kind === 'parameter' ? !storage.buffer : !this.#owns(storage))
        throw new KernelError(`${what} was disposed, or belongs to another program`);
      if (storage.bytes > limit)
        throw new KernelError(
          `${what} needs ${storage.bytes} bytes in one binding, this device allows ${limit}`,
        );
    }
    this.launches.push(launch);
  }
}
