import type { Step } from './bind.ts';
import { encodeSteps } from './encode.ts';
import type { Explain, Fault } from './faults.ts';
import type { Gpu } from './gpu.ts';
import type { Launch } from './recording.ts';
import { showShape } from './shape.ts';

/** A launch as errors name it: `up1/conv2d/forward x [1, 8, 8, 4], w [3, 3, 4, 4], y [1, 8, 8, 4]`. */
export const describeLaunch = ({ label, kernel, tensors }: Launch): string =>
  `${label} ${tensors.map(({ shape }, i) => `${kernel.bindings[i]!.name} ${showShape(shape)}`).join(', ')}`;

const bytesOf = ({ launch }: Step): number => launch.tensors.reduce((sum, t) => sum + t.storage.bytes, 0);

/** Has the device look at one launch, as it is recorded and as what it binds is submitted; it computes nothing. */
function probe({ device, faults }: Gpu, step: Step): Promise<Fault | null> {
  const { label } = step.launch;
  return faults.scoped(() => {
    encodeSteps(device, label, [step]);
    const encoder = device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, step.bindings);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }).fault;
}

/**
 * Which launch a fault comes from. A device names the submit that it refused, which may be a thousand launches: so each
 * is shown to it again by itself. Without any that it refuses, memory is told by the launch that needs most of it.
 */
export const blame =
  (gpu: Gpu, steps: readonly Step[]): Explain =>
  async (fault) => {
    const found = await Promise.all(steps.map((step) => probe(gpu, step)));
    const refused = steps.find((_, i) => found[i]);
    if (refused) return `in ${describeLaunch(refused.launch)}`;
    if (!fault.isMemory || steps.length === 0) return null;
    const largest = steps.reduce((most, step) => (bytesOf(step) > bytesOf(most) ? step : most));
    return `most is needed by ${describeLaunch(largest.launch)}: ${bytesOf(largest)} bytes`;
  };
