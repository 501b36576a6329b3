import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { sumRows } from './ops/reduce.ts';
import { reads } from './recording.ts';
import { extentOf, roundUp, type Shape } from './shape.ts';
import { newStorage, type Storage, Tensor } from './tensor.ts';

// Offsets of buffer bindings are multiples of 256 bytes.
const ALIGN = 64;

/** Parameters that lie in one buffer, so that one launch can update them all. Gaps between them hold zeros. */
export interface ParameterGroup {
  /** The whole buffer, `[n]`. */
  readonly flat: Tensor;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

function offsetsOf(shapes: readonly Shape[]): { offsets: number[]; length: number } {
  const offsets: number[] = [];
  let length = 0;
  for (const shape of shapes) {
    offsets.push(length * 4);
    length = roundUp(length + extentOf(shape).length, ALIGN);
  }
  return { offsets, length: Math.max(length, ALIGN) };
}

/** Makes a group of zero parameters. */
export function parameterGroup(gpu: Gpu, name: string, shapes: ReadonlyMap<string, Shape>): ParameterGroup {
  const { offsets, length } = offsetsOf([...shapes.values()]);
  const flat = gpu.parameter(name, [length]);
  const tensors = new Map<string, Tensor>();
  for (const [i, [part, shape]] of [...shapes].entries()) {
    const { buffer } = flat.storage;
    const storage = {
      ...newStorage('parameter', part, shape),
      buffer,
      parent: flat.storage,
      offset: offsets[i]!,
    };
    tensors.set(part, new Tensor(gpu, shape, storage));
  }
  return { flat, tensors };
}

/**
 * Which of these may be placed inside another without a copy: temporaries that own their storage, that nobody else
 * claims, and that no launch reads, for it might write a neighbour in the same buffer.
 */
function freeOf(gpu: Gpu, tensors: readonly Tensor[]): Set<Tensor> {
  const taken = new Set(gpu.recording.launches.flatMap(reads));
  const claims = new Map<Storage, number>();
  for (const { storage } of tensors) claims.set(storage, (claims.get(storage) ?? 0) + 1);
  return new Set(
    tensors.filter(
      ({ storage: s }) =>
        s.kind === 'temp' && s.dtype === 'f32' && s.parent === null && claims.get(s) === 1 && !taken.has(s),
    ),
  );
}

/**
 * Lets the planner place temporaries as a group's parameters lie, so that gradients are contiguous without a copy;
 * only a tensor that is used elsewhere is copied.
 *
 * @param temps - one per parameter of the group, in its order and of its shapes
 * @returns the whole, `[n]`
 */
export function gatherGroup(gpu: Gpu, group: ParameterGroup, temps: readonly Tensor[]): Tensor {
  const { offsets, length } = offsetsOf(temps.map((t) => t.shape));
  if (length !== group.flat.length)
    throw new KernelError(`gather: ${temps.length} tensors do not fill the group`);
  const flat = gpu.temp([length]);
  const free = freeOf(gpu, temps);
  for (const [i, temp] of temps.entries()) {
    const part = free.has(temp) ? temp : sumRows(temp, 1, temp.shape);
    part.storage.parent = flat.storage;
    part.storage.offset = offsets[i]!;
    gpu.recording.parts.push(part.storage);
  }
  return flat;
}
