import type { Step } from './bind.ts';
import { cut, encodeSteps } from './encode.ts';
import type { Gpu } from './gpu.ts';
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

/** The launches of a program as submits of bounded work, and when the latest replay did what. */
export class Replay {
  readonly #chunks: readonly (readonly Step[])[];
  readonly #label: string;
  /** Begin, inputs written; of each submit: recorded, handed over; end. Made once: a replay allocates nothing. */
  readonly #marks: Float64Array;

  constructor(gpu: Gpu, label: string, steps: readonly Step[]) {
    this.#label = label;
    this.#chunks = cut(gpu, steps);
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
