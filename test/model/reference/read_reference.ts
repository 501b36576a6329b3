import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type NamedArray, readSafetensors } from '../../../src/model/safetensors.ts';

/** A file of references: a network's weights, its inputs and what PyTorch made of them. */
export interface Reference {
  readonly weights: ReadonlyMap<string, NamedArray>;
  input(name: string): NamedArray;
  output(name: string): NamedArray;
}

/** Reads one; `make_<name>.py` beside it made it. */
export async function readReference(folder: string, name: string): Promise<Reference> {
  const { tensors } = readSafetensors(
    await readFile(join('test', folder, 'reference', `${name}.safetensors`)),
  );
  const get = (key: string): NamedArray => {
    const found = tensors.get(key);
    if (!found) throw new Error(`${name}.safetensors has no ${key}`);
    return found;
  };
  const weights = new Map([...tensors].filter(([key]) => !/^(input|output)\./.test(key)));
  return { weights, input: (key) => get(`input.${key}`), output: (key) => get(`output.${key}`) };
}

/** Asserts that no value is further than `tolerance` from the reference's, and says how far the furthest is. */
export function assertNear(got: ArrayLike<number>, { data }: NamedArray, tolerance: number): void {
  assert.is(got.length, data.length);
  let worst = 0;
  for (let i = 0; i < data.length; i++) {
    const off = Math.abs(got[i]! - data[i]!);
    worst = off > worst || Number.isNaN(off) ? off : worst;
  }
  assert.ok(worst <= tolerance, `furthest value is ${worst} off, tolerance ${tolerance}`);
  const size = Math.max(...Array.from(data, Math.abs));
  assert.ok(size > 100 * tolerance, 'the reference is too small to tell anything');
}
