import { deviceWait } from '#navigator-gpu';
import { type Bound, bindPlan, type Step, unbind } from './bind.ts';
import { blame, describeLaunch } from './blame.ts';
import { cut, submitSteps } from './encode.ts';
import { KernelError } from './errors.ts';
import { type Explain, explained } from './faults.ts';
import type { Gpu } from './gpu.ts';
import type { Plan } from './plan.ts';
import { timeRuns } from './profile.ts';
import { Readback } from './readback.ts';
import { type Recording, reads, writes } from './recording.ts';
import { Replay } from './replay.ts';
import { padRows, showShape, unpadRows } from './shape.ts';
import { fromStored, type Stored, toStored } from './stored.ts';
import type { Storage, Tensor } from './tensor.ts';
import { type KernelTime, type Phase, Stopwatch, type Timeline, timelineOf } from './timeline.ts';

function floats(name: string, tensor: Tensor, data: ArrayLike<number>): Stored {
  if (data.length !== tensor.size)
    throw new KernelError(`run: input ${name} is ${showShape(tensor.shape)}, ${data.length} values came`);
  return toStored(tensor, padRows(data, tensor.shape));
}

/** Never element by element: most pixels are NaN as floats, and JavaScript keeps no NaN's bits. */
function rawBytes(name: string, tensor: Tensor, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(data) || data.byteLength !== tensor.size * 4)
    throw new KernelError(`run: input ${name} takes ${tensor.size * 4} bytes in a typed array`);
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** A planned recording: replayed without making a buffer, a bind group or a pipeline. */
export class Program {
  readonly #readbacks = new Map<string, Readback>();
  readonly #seen = new Map<Storage, number>();
  readonly #bound: Bound;
  /** Parameters that a run changes. */
  readonly #written: readonly Storage[];
  /** Finds the launch that a fault comes from. */
  readonly #blame: Explain;
  #derived = false;
  #disposed = false;

  readonly gpu: Gpu;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly plan: Plan;
  /** How long the pieces of its compilation took. */
  readonly compiled: readonly Phase[];
  readonly replay: Replay;
  /** Names the program in errors, by its outputs. */
  readonly label: string;

  private constructor(
    gpu: Gpu,
    inputs: ReadonlyMap<string, Tensor>,
    outputs: Readonly<Record<string, Tensor>>,
    plan: Plan,
    bound: Bound,
    compiled: readonly Phase[],
  ) {
    this.gpu = gpu;
    this.inputs = inputs;
    this.outputs = outputs;
    this.plan = plan;
    this.#bound = bound;
    this.compiled = compiled;
    this.label = `program ${Object.keys(outputs).join(', ') || 'without outputs'}`;
    this.replay = new Replay(gpu, this.label, bound.each);
    this.#blame = blame(gpu, [...bound.once, ...bound.each]);
    for (const [name, tensor] of Object.entries(outputs)) {
      this.#readbacks.set(name, new Readback(gpu, name, tensor.storage.bytes, 2));
    }
    const changed = new Set(bound.each.flatMap((step) => writes(step.launch)));
    this.#written = [...changed].filter((s) => s.kind === 'parameter');
    for (const s of bound.once.flatMap((step) => reads(step.launch)))
      if (s.kind === 'parameter') this.#seen.set(s, -1);
  }

  /** Makes pipelines, buffers and bind groups for a plan; `watch` goes on. @throws KernelError, DeviceLostError */
  static async create(
    gpu: Gpu,
    recording: Recording,
    plan: Plan,
    outputs: Readonly<Record<string, Tensor>>,
    watch: Stopwatch = new Stopwatch(),
    onPipeline?: (done: number, total: number) => void,
  ): Promise<Program> {
    const launches = [...plan.once, ...plan.each];
    let done = 0;
    const compiled = launches.map(async (launch) => {
      const pipeline = await gpu.pipelines.get(launch).catch((error: Error) => {
        throw error instanceof KernelError
          ? new KernelError(`${error.message} (in ${describeLaunch(launch)})`)
          : error;
      });
      onPipeline?.(++done, launches.length);
      return pipeline;
    });
    const pipelines = await deviceWait(Promise.all(compiled));
    watch.lap('pipelines');
    const { result, fault } = gpu.faults.scoped(() => {
      const bound = bindPlan(gpu, recording, plan, pipelines);
      return new Program(gpu, recording.inputs, outputs, plan, bound, watch.phases);
    });
    const error = await deviceWait(fault);
    watch.lap('buffers');
    if (error) {
      const told = await deviceWait(explained(error, result.#blame));
      result.dispose();
      throw told.error(`compile of ${result.label}`);
    }
    gpu.faults.check(`compile of ${result.label}`);
    return result;
  }

  /** Launches that run only when a parameter they hang on has changed. */
  get once(): readonly Step[] {
    return this.#bound.once;
  }

  /** Launches of every run. */
  get each(): readonly Step[] {
    return this.#bound.each;
  }

  /** Runs what hangs on parameters alone, if those changed since. */
  #refresh(): void {
    let stale = !this.#derived;
    this.#derived = true;
    for (const [storage, version] of this.#seen) {
      if (storage.version !== version) stale = true;
      this.#seen.set(storage, storage.version);
    }
    if (stale && this.once.length > 0) submitSteps(this.gpu, this.label, this.once);
  }

  /** Writes inputs: dense values by name; inputs that are left out keep what they hold. @throws KernelError */
  write(values: Readonly<Record<string, ArrayLike<number>>>): void {
    this.#check();
    for (const [name, data] of Object.entries(values)) {
      const tensor = this.inputs.get(name);
      if (!tensor)
        throw new KernelError(
          `run: no input ${name}; there are ${[...this.inputs.keys()].join(', ') || 'none'}`,
        );
      const stored =
        tensor.storage.dtype === 'u32' ? rawBytes(name, tensor, data) : floats(name, tensor, data);
      this.gpu.device.queue.writeBuffer(tensor.storage.buffer!, 0, stored);
    }
  }

  /** Enqueues one run. Faults surface at the next `read`, `settle` or `run`. */
  submit(values: Readonly<Record<string, ArrayLike<number>>> = {}): void {
    this.replay.begin();
    const work = () => {
      this.write(values);
      this.#refresh();
      this.replay.run(this.gpu.device);
    };
    this.gpu.faults.guard(this.label, work, this.#blame);
    this.#touch();
    this.replay.end();
  }

  #check(): void {
    if (this.#disposed) throw new KernelError(`${this.label}: was disposed`);
    this.gpu.faults.check(this.label);
  }

  /** Other programs see by the version that what they derived from a parameter is stale. */
  #touch(): void {
    for (const s of this.#written) s.version++;
  }

  /** Waits until every submit so far has been accepted. @throws KernelError naming the first fault, DeviceLostError */
  settle(): Promise<void> {
    return this.gpu.faults.settle(this.label);
  }

  /** Brings one output back, dense, as the latest submit leaves it. @throws KernelError, DeviceLostError */
  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const readback = this.#readbacks.get(name);
    const tensor = this.outputs[name];
    if (!readback || !tensor)
      throw new KernelError(`read: no output ${name}; there are ${Object.keys(this.outputs).join(', ')}`);
    this.#check();
    const stored = await readback.read(tensor.storage.buffer!, tensor.storage.offset);
    return unpadRows(fromStored(tensor, stored), tensor.shape);
  }

  /** One run with all its outputs. */
  async run(
    values: Readonly<Record<string, ArrayLike<number>>> = {},
  ): Promise<Record<string, Float32Array<ArrayBuffer>>> {
    this.submit(values);
    const names = Object.keys(this.outputs);
    const results = await Promise.all(names.map((name) => this.read(name)));
    return Object.fromEntries(names.map((name, i) => [name, results[i]!]));
  }

  /** Times every launch on the device, `repeats` runs over all of them. @throws KernelError, DeviceLostError */
  async timeline(repeats: number): Promise<Timeline> {
    this.#check();
    this.gpu.faults.guard(this.label, () => this.#refresh());
    const runs = await timeRuns(this.gpu, this.each, repeats);
    this.#touch();
    return timelineOf(
      this.each.map((step) => step.launch),
      runs,
    );
  }

  /** GPU time of every launch, the median over `repeats` runs. @throws KernelError, DeviceLostError */
  async profile(repeats: number): Promise<readonly KernelTime[]> {
    return (await this.timeline(repeats)).kernels;
  }

  /**
   * One run with pauses, as far as the last: before each launch of `stops` all earlier ones are enqueued, so that its
   * tensors hold what a run gives it, and `visit` is awaited; then it runs, over what `visit` left in its outputs.
   * @throws KernelError, DeviceLostError
   */
  async walk(stops: ReadonlySet<Step>, visit: (step: Step) => Promise<void>): Promise<void> {
    this.#check();
    const { gpu, label, each } = this;
    gpu.faults.guard(label, () => this.#refresh());
    let from = 0;
    try {
      for (const [i, step] of each.entries()) {
        if (!stops.has(step)) continue;
        const chunks = cut(gpu, each.slice(from, i));
        gpu.faults.guard(label, () => chunks.forEach((chunk) => void submitSteps(gpu, label, chunk)));
        from = i;
        await visit(step);
      }
      const last = each.slice(from, from + 1);
      gpu.faults.guard(label, () => submitSteps(gpu, label, last));
      await this.settle();
    } finally {
      this.#touch();
    }
  }

  /** Arena, inputs and params: all that the program owns. */
  get buffers(): readonly GPUBuffer[] {
    return this.#bound.buffers;
  }

  /** Bytes of these. */
  get bytes(): number {
    return this.buffers.reduce((sum, b) => sum + b.size, 0);
  }

  /** Gives back everything the program made; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    unbind(this.gpu, this.#bound);
    for (const readback of this.#readbacks.values()) readback.dispose();
  }
}
