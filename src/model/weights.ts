import type { Gpu } from '../runtime/gpu.ts';
import { type ParameterGroup, parameterGroup } from '../runtime/group.ts';
import { unpadRows } from '../runtime/shape.ts';
import { FormatError, quoted, shapeText } from './format_error.ts';
import { runtimeShape, toFile, toRuntime } from './layout.ts';
import { didYouMean } from './nearest.ts';
import type { FloatArray } from './safetensors.ts';

/** Named arrays in files' layout, as safetensors hold them. */
export type Arrays = ReadonlyMap<string, FloatArray>;

/** Shapes in files' layout, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/**
 * Makes sure that `arrays` are exactly the tensors that a network has.
 *
 * @throws FormatError naming a missing or unexpected tensor with the nearest name, or both shapes
 */
export function matchArrays(shapes: Shapes, arrays: Arrays): void {
  const missing = [...shapes.keys()].filter((name) => !arrays.has(name));
  if (missing.length)
    throw new FormatError(`${missing.length} tensors are missing, ${quoted(missing[0]!)} first`);
  for (const [name, { shape }] of arrays) {
    const wanted = shapes.get(name);
    if (!wanted)
      throw new FormatError(`the network has no tensor ${quoted(name)}${didYouMean(name, shapes.keys())}`);
    if (shapeText(shape) !== shapeText(wanted)) {
      throw new FormatError(`${quoted(name)} is ${shapeText(shape)}, the network needs ${shapeText(wanted)}`);
    }
  }
}

/** A network's parameters on the device, in one buffer, with the shapes that files give them. */
export class Weights {
  readonly gpu: Gpu;
  readonly shapes: Shapes;
  readonly group: ParameterGroup;

  /** Zero weights until `load`. */
  constructor(gpu: Gpu, name: string, shapes: Shapes) {
    this.gpu = gpu;
    this.shapes = shapes;
    const stored = new Map([...shapes].map(([key, shape]) => [key, runtimeShape(shape)] as const));
    this.group = parameterGroup(gpu, name, stored);
  }

  get tensors(): ParameterGroup['tensors'] {
    return this.group.tensors;
  }

  /** Number of weights. */
  get count(): number {
    return [...this.tensors.values()].reduce((sum, t) => sum + t.size, 0);
  }

  /** Writes all weights. @throws FormatError where names or shapes differ */
  load(arrays: Arrays): void {
    matchArrays(this.shapes, arrays);
    for (const [name, shape] of this.shapes) {
      this.gpu.write(this.tensors.get(name)!, toRuntime(shape, arrays.get(name)!.data));
    }
  }

  /** Reads all weights back, in one copy. */
  async save(): Promise<Map<string, FloatArray>> {
    const flat = await this.gpu.read(this.group.flat);
    const arrays = new Map<string, FloatArray>();
    for (const [name, shape] of this.shapes) {
      const { storage, length, shape: stored } = this.tensors.get(name)!;
      const begin = storage.offset / 4;
      arrays.set(name, {
        shape,
        data: toFile(shape, unpadRows(flat.subarray(begin, begin + length), stored)),
      });
    }
    return arrays;
  }

  dispose(): void {
    this.gpu.dispose(this.group.flat);
  }
}
