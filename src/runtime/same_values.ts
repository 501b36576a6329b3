import type { Step } from './bind.ts';
import type { Gpu } from './gpu.ts';
import { Readback } from './readback.ts';
import { fromStored, toStored } from './stored.ts';
import type { Tensor } from './tensor.ts';

/** What a launch writes, each storage once. */
function outputsOf({ launch }: Step): Tensor[] {
  const written = launch.tensors.filter((_, i) => launch.kernel.bindings[i]!.access === 'read_write');
  return [...new Map(written.map((tensor) => [tensor.storage, tensor])).values()];
}

/** Fills what a launch writes with NaN, so that an element which a form leaves out shows. */
export function poisonOutputs(gpu: Gpu, step: Step): void {
  for (const tensor of outputsOf(step)) {
    const { buffer, offset } = tensor.storage;
    const poison = new Float32Array(tensor.length).fill(Number.NaN);
    gpu.device.queue.writeBuffer(buffer!, offset, toStored(tensor, poison));
  }
}

/** What a launch has written, padding included. @throws KernelError, DeviceLostError */
export async function readOutputs(gpu: Gpu, step: Step): Promise<Float32Array[]> {
  const read: Float32Array[] = [];
  for (const tensor of outputsOf(step)) {
    const { buffer, bytes, offset, name } = tensor.storage;
    const readback = new Readback(gpu, name, bytes, 1);
    try {
      read.push(fromStored(tensor, await readback.read(buffer!, offset)));
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
