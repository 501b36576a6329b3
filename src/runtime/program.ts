import { cut, submitSteps } from './encode.ts';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { Plan } from './plan.ts';
import { type KernelTime, timeLaunches } from './profile.ts';
import { Readback } from './readback.ts';
import { type Launch, type Recording, reads, writes } from './recording.ts';
import { padRows, showShape, unpadRows } from './shape.ts';
import type { Storage, Tensor } from './tensor.ts';

/** One launch with all that a replay needs. */
export interface Step {
  readonly launch: Launch;
  readonly pipeline: GPUComputePipeline;
  readonly tensors: GPUBindGroup;
  readonly params: GPUBindGroup | null;
}

const PARAMS_STRIDE = 256;
function packParams({ kernel, params }: Launch, view: DataView, offset: number): void {
  kernel.params.forEach(({ name, type }, i) => {
    const value = params[name];
    if (value === undefined || !Number.isFinite(value))
      throw new KernelError(`${kernel.name}: params.${name} is ${value}`);
    if (type === 'f32') view.setFloat32(offset + i * 4, value, true);
    else if (type === 'i32') view.setInt32(offset + i * 4, value, true);
    else view.setUint32(offset + i * 4, value, true);
  });
}

function floats(name: string, tensor: Tensor, data: ArrayLike<number>): Float32Array<ArrayBuffer> {
  if (data.length !== tensor.size)
    throw new KernelError(`run: input ${name} is ${showShape(tensor.shape)}, ${data.length} values came`);
  return padRows(data, tensor.shape);
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
  readonly #chunks: readonly Step[][];
  readonly #seen = new Map<Storage, number>();
  #derived = false;
  #disposed = false;

  readonly gpu: Gpu;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly once: readonly Step[];
  readonly each: readonly Step[];
  readonly buffers: readonly GPUBuffer[];
  /** Names the program in errors, by its outputs. */
  readonly label: string;

  private constructor(
    gpu: Gpu,
    inputs: ReadonlyMap<string, Tensor>,
    outputs: Readonly<Record<string, Tensor>>,
    once: Step[],
    each: Step[],
    buffers: GPUBuffer[],
  ) {
    this.gpu = gpu;
    this.inputs = inputs;
    this.outputs = outputs;
    this.once = once;
    this.each = each;
    this.buffers = buffers;
    this.label = `program ${Object.keys(outputs).join(', ') || 'without outputs'}`;
    this.#chunks = cut(gpu, each);
    for (const [name, tensor] of Object.entries(outputs)) {
      this.#readbacks.set(name, new Readback(gpu, name, tensor.storage.bytes, 2));
    }
    for (const s of once.flatMap((step) => reads(step.launch)))
      if (s.kind === 'parameter') this.#seen.set(s, -1);
  }

  /** Makes pipelines, buffers and bind groups for a plan. @throws KernelError, DeviceLostError */
  static async create(
    gpu: Gpu,
    recording: Recording,
    plan: Plan,
    outputs: Readonly<Record<string, Tensor>>,
  ): Promise<Program> {
    const launches = [...plan.once, ...plan.each];
    const pipelines = await Promise.all(launches.map((launch) => gpu.pipelines.get(launch)));
    const { result, fault } = gpu.faults.scoped(() => {
      const uniform = uploadParams(gpu, launches);
      const buffers = [...placeTensors(gpu, recording, plan), uniform];
      const steps = launches.map((l, i) => bindLaunch(gpu, l, pipelines[i]!, uniform, i * PARAMS_STRIDE));
      const n = plan.once.length;
      return new Program(gpu, recording.inputs, outputs, steps.slice(0, n), steps.slice(n), buffers);
    });
    const error = await fault;
    if (error) {
      result.dispose();
      throw new KernelError(`compile of ${result.label}: ${error}`);
    }
    gpu.faults.check(`compile of ${result.label}`);
    return result;
  }

  /** Runs what hangs on parameters alone, if those changed since. */
  #refresh(): void {
    let stale = !this.#derived;
    this.#derived = true;
    for (const [storage, version] of this.#seen) {
      if (storage.version !== version) stale = true;
      this.#seen.set(storage, storage.version);
    }
    if (stale && this.once.length) submitSteps(this.gpu, this.label, this.once);
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
    this.gpu.faults.guard(this.label, () => {
      this.write(values);
      this.#refresh();
      for (const chunk of this.#chunks) submitSteps(this.gpu, this.label, chunk);
    });
    this.#touch();
  }

  #check(): void {
    if (this.#disposed) throw new KernelError(`${this.label}: was disposed`);
    this.gpu.faults.check(this.label);
  }

  /** Other programs see by the version that what they derived from a parameter is stale. */
  #touch(): void {
    for (const step of this.each) for (const s of writes(step.launch)) s.version++;
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
    const values = await readback.read(tensor.storage.buffer!, tensor.storage.offset);
    return unpadRows(values, tensor.shape);
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

  /** GPU time of every launch, the median over `repeats` runs. @throws KernelError, DeviceLostError */
  async profile(repeats: number): Promise<KernelTime[]> {
    this.#check();
    this.gpu.faults.guard(this.label, () => this.#refresh());
    const times = await timeLaunches(this.gpu, this.each, repeats);
    this.#touch();
    return times;
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

  /** Bytes of the arena, inputs and params, without parameters. */
  get bytes(): number {
    return this.buffers.reduce((sum, b) => sum + b.size, 0);
  }

  /** Gives back everything the program made; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const buffer of this.buffers) this.gpu.destroyBuffer(buffer);
    for (const readback of this.#readbacks.values()) readback.dispose();
    for (const { params, launch } of [...this.once, ...this.each]) {
      this.gpu.counts.bindGroups -= params ? 2 : 1;
      for (const { storage } of launch.tensors) if (storage.kind !== 'parameter') storage.buffer = null;
    }
  }
}

/** One buffer per slot and per input; gives every storage its place. */
function placeTensors(gpu: Gpu, recording: Recording, plan: Plan): GPUBuffer[] {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const place = (label: string, bytes: number, storages: readonly Storage[]) => {
    const buffer = gpu.createBuffer(label, bytes, usage);
    for (const s of storages) s.buffer = buffer;
    return buffer;
  };
  const slots = plan.slots.map((slot, i) => place(`arena ${i}`, slot.bytes, slot.storages));
  const inputs = [...recording.inputs].map(([name, { storage }]) =>
    place(`input ${name}`, storage.bytes, [storage]),
  );
  for (const part of recording.parts) part.buffer = part.parent!.buffer;
  return [...slots, ...inputs];
}

/** The params of all launches in one uniform buffer, written once. */
function uploadParams(gpu: Gpu, launches: readonly Launch[]): GPUBuffer {
  const params = new DataView(new ArrayBuffer(Math.max(1, launches.length) * PARAMS_STRIDE));
  for (const [i, launch] of launches.entries()) packParams(launch, params, i * PARAMS_STRIDE);
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const uniform = gpu.createBuffer('params', params.byteLength, usage);
  gpu.device.queue.writeBuffer(uniform, 0, params.buffer);
  return uniform;
}

function bindLaunch(
  gpu: Gpu,
  launch: Launch,
  pipeline: GPUComputePipeline,
  uniform: GPUBuffer,
  offset: number,
): Step {
  const { kernel } = launch;
  const entries = launch.tensors.map((t, binding) => {
    const { buffer, bytes, offset } = t.storage;
    return { binding, resource: { buffer: buffer!, offset, size: bytes } };
  });
  const tensors = gpu.createBindGroup(launch.label, gpu.pipelines.tensorsLayout(kernel), entries);
  if (kernel.params.length === 0) return { launch, pipeline, tensors, params: null };
  const resource = { buffer: uniform, offset, size: PARAMS_STRIDE };
  return {
    launch,
    pipeline,
    tensors,
    params: gpu.createBindGroup(launch.label, gpu.pipelines.paramsLayout, [{ binding: 0, resource }]),
  };
}
