import type { Gpu } from './gpu.ts';
import type { Step } from './program.ts';
import { Readback } from './readback.ts';
import type { Storage } from './tensor.ts';

/** What a launch writes, each storage once. */
const outputsOf = ({ launch }: Step): Storage[] => [
  ...new Set(
    launch.tensors.filter((_, i) => launch.kernel.bindings[i]!.access === 'read_write').map((t) => t.storage),
  ),
];

/** Fills what a launch writes with NaN, so that an element which a form leaves out shows. */
export function poisonOutputs(gpu: Gpu, step: Step): void {
  for (const { buffer, bytes, offset } of outputsOf(step))
    gpu.device.queue.writeBuffer(buffer!, offset, new Float32Array(bytes / 4).fill(Number.NaN));
}

/** What a launch has written, padding included. @throws KernelError, DeviceLostError */
export async function readOutputs(gpu: Gpu, step: Step): Promise<Float32Array[]> {
  const read: Float32Array[] = [];
  for (const { buffer, bytes, offset, name } of outputsOf(step)) {
    const readback = new Readback(gpu, name, bytes, 1);
    try {
      read.push(await readback.read(buffer!, offset));
    } finally {
      readback.dispose();
    }
  }
  return read;
}

/** Root mean square of the finite values. */
function rootMeanSquare(values: Float32Array): number {
  let [sum, count] = [0, 0];
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    sum += v * v;
    count++;
  }
  return Math.sqrt(sum / Math.max(1, count));
}

/**
 * Where two forms of a launch disagree: |a - b| > tolerance (rms(a) + |a|), for the first such element. Infinities
 * agree with themselves; NaN agrees with nothing, for then there is nothing to compare.
 * @returns the reason as text, or null
 */
export function differenceOf(
  want: readonly Float32Array[],
  got: readonly Float32Array[],
  tolerance: number,
): string | null {
  for (const [o, a] of want.entries()) {
    const b = got[o]!;
    const rms = rootMeanSquare(a);
    for (let i = 0; i < a.length; i++) {
      if (a[i] === b[i]) continue;
      const error = Math.abs(a[i]! - b[i]!);
      if (!(error <= tolerance * (rms + Math.abs(a[i]!))))
        return `element ${i} is ${b[i]}, the default form gives ${a[i]} (rms ${rms.toPrecision(3)})`;
    }
  }
  return null;
}
