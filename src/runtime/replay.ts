import type { Step } from './bind.ts';
import type { Phase } from './timeline.ts';

/** JavaScript's time for one replay, in milliseconds. */
export interface ReplayTimes {
  /** Inputs padded and handed to the queue; and what hangs on parameters, where those changed. */
  readonly write: number;
  /** Commands recorded: all of the replay's own JavaScript but `write`. */
  readonly encode: number;
  /** Inside `queue.submit`: the driver's time. */
  readonly submit: number;
}

/** Cuts launches into submits of bounded work. */
function cut(steps: readonly Step[], budget: number): Step[][] {
  const chunks: Step[][] = [];
  let spent = Number.POSITIVE_INFINITY;
  for (const step of steps) {
    if (spent + step.launch.flops > budget) {
      chunks.push([]);
      spent = 0;
    }
    chunks.at(-1)!.push(step);
    spent += step.launch.flops;
  }
  return chunks;
}

/** Records launches into one pass. Each call into the GPU's API costs about a microsecond, so none is repeated. */
export function encodeSteps(device: GPUDevice, label: string, steps: readonly Step[]): GPUCommandBuffer {
  const encoder = device.createCommandEncoder({ label });
  const pass = encoder.beginComputePass({ label });
  let current: GPUComputePipeline | null = null;
  for (const { launch, pipeline, tensors, params } of steps) {
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, tensors);
    if (params) pass.setBindGroup(1, params);
    const { groups } = launch;
    pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
  }
  pass.end();
  return encoder.finish();
}

/** The launches of a program as submits of bounded work, and when the latest replay did what. */
export class Replay {
  readonly #chunks: readonly (readonly Step[])[];
  readonly #label: string;
  /** Begin, inputs written; of each submit: recorded, handed over; end. Made once: a replay allocates nothing. */
  readonly #marks: Float64Array;

  /** @param budget - flops per submit */
  constructor(label: string, steps: readonly Step[], budget: number) {
    this.#label = label;
    this.#chunks = cut(steps, budget);
    this.#marks = new Float64Array(3 + 2 * this.#chunks.length);
  }

  /** A replay begins: inputs are written next. */
  begin(): void {
    this.#marks[0] = performance.now();
  }

  /** Records and submits all launches. */
  run(device: GPUDevice): void {
    const marks = this.#marks;
    let at = 1;
    marks[at++] = performance.now();
    for (const chunk of this.#chunks) {
      const commands = encodeSteps(device, this.#label, chunk);
      marks[at++] = performance.now();
      device.queue.submit([commands]);
      marks[at++] = performance.now();
    }
  }

  end(): void {
    this.#marks[this.#marks.length - 1] = performance.now();
  }

  /** Where the latest replay's time went in JavaScript; zeros before the first. */
  get times(): ReplayTimes {
    const [begin = 0, written = 0] = this.#marks;
    const write = written - begin;
    const submit = this.phases
      .filter((p) => p.name === 'submit')
      .reduce((sum, p) => sum + p.end - p.begin, 0);
    return { write, submit, encode: this.#marks.at(-1)! - begin - write - submit };
  }

  /** The latest replay, piece by piece. */
  get phases(): Phase[] {
    const marks = this.#marks;
    const names = ['write', ...this.#chunks.flatMap(() => ['encode', 'submit'])];
    return names.map((name, i) => ({ name, begin: marks[i]!, end: marks[i + 1]! }));
  }
}
