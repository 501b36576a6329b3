import { toFile, toRuntime } from '../../src/model/layout.ts';
import type { Arrays, Shapes } from '../../src/model/weights.ts';
import type { FloatsByName } from '../graph/values.ts';

/** Values in the runtime's layout as files hold them. @param nameOf - the value's name for a parameter's */
export function filesLayout(shapes: Shapes, values: FloatsByName, nameOf: (key: string) => string): Arrays {
  return new Map(
    [...shapes].map(([key, shape]) => [key, { shape, data: toFile(shape, values.get(nameOf(key))!.data) }]),
  );
}

/** Arrays of files in the runtime's layout, under other names. */
export function runtimeLayout(arrays: Arrays, nameOf: (key: string) => string): FloatsByName {
  return new Map(
    [...arrays].map(([key, { shape, data }]) => [
      nameOf(key),
      { shape, data: Float32Array.from(toRuntime(shape, data)) },
    ]),
  );
}
