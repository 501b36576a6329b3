import type { AnyKernel, BindingsOf, CoresOf, OverridesOf, ParamsOf, SpecialsOf } from '#kernels/kernel.ts';
import { navigatorGpu } from '#navigator-gpu';
import { KernelError } from './errors.ts';
import { Faults } from './faults.ts';
import { type Features, featuresToRequest, limitsToRequest, negotiate } from './limits.ts';
import { type OpenOptions, watchdogOf } from './open_options.ts';
import type { GemmFamily } from './ops/gemm.ts';
import type { WinogradTile } from './ops/winograd.ts';
import { Pipelines } from './pipelines.ts';
import { planLaunches } from './plan.ts';
import { Program } from './program.ts';
import { Readback } from './readback.ts';
import { Recording } from './recording.ts';
import { padRows, type Shape, showShape, unpadRows } from './shape.ts';
import { fromStored, toStored } from './stored.ts';
import { probeMatrix } from './subgroup_matrix.ts';
import { newStorage, rootOf, type Storage, Tensor } from './tensor.ts';
import { Stopwatch } from './timeline.ts';
import type { Choice, Choices } from './tuner.ts';

/** How one launch is shaped; `core` names the GEMM core where the kernel has several. */
export interface LaunchOptions<K extends AnyKernel> {
  readonly groups: readonly [number, number?, number?];
  readonly overrides?: { readonly [N in OverridesOf<K>]?: number | boolean };
  readonly specials?: { readonly [N in SpecialsOf<K>]?: number };
  readonly core?: CoresOf<K>;
  readonly flops?: number;
  /** Tells apart launches of one kernel in profiles: an op's name, a layer's. */
  readonly label?: string;
  readonly choice?: Choice;
}

export type { OpenOptions } from './open_options.ts';

/** Live GPU objects, so that tests can show that a replay makes none. */
export interface ObjectCounts {
  buffers: number;
  bytes: number;
  bindGroups: number;
}

const MOST_STAGED = 32 * 2 ** 20;

/** A device with its compiled kernels, and the recording that ops append to. */
export class Gpu {
  readonly pipelines: Pipelines;
  readonly faults: Faults;
  readonly counts: ObjectCounts = { buffers: 0, bytes: 0, bindGroups: 0 };
  #recording: Recording | null = null;
  #labels: string[] = [];
  #stagedBytes = 0;
  readonly #constants = new Map<string, Tensor>();

  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly features: Features;
  readonly family: GemmFamily | null;
  readonly precision: 'f32' | 'f16';
  readonly storage: 'f32' | 'f16';
  /** What a caller has fixed; null leaves it to the rule of ops/winograd.ts. */
  readonly winograd: WinogradTile | 'off' | null;
  readonly choices: Choices;
  readonly watchdogMs: number;

  private constructor(
    device: GPUDevice,
    info: GPUAdapterInfo,
    pipelines: Pipelines,
    features: Features,
    options: OpenOptions,
    choices: Choices,
  ) {
    this.device = device;
    this.info = info;
    this.features = features;
    this.family = options.family ?? null;
    this.precision = options.precision ?? (options.family === 'matrix' ? 'f16' : 'f32');
    this.storage = options.storage ?? 'f32';
    // Who forces a family asks for that product, not for another in its place.
    this.winograd = options.winograd ?? (options.family ? 'off' : null);
    this.choices = choices;
    this.watchdogMs = watchdogOf(options, features);
    this.pipelines = pipelines;
    this.faults = new Faults(device);
  }

  /** Opens the best adapter. @throws Error where none answers, or it lacks what a forced family needs */
  static async open(options: OpenOptions = {}): Promise<Gpu> {
    const gpu = navigatorGpu(options.backend);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('no WebGPU adapter answers; run `npx e2gan doctor` for the remedy');
    const found = negotiate(gpu, adapter);
    const features = options.family === 'plain' ? { ...found, subgroupSize: 0 } : found;
    if (options.storage === 'f16' && !features.f16) throw new Error('this device has no shader-f16');
    const { choices = new Map() } = options;
    const tuned = typeof choices === 'function' ? await choices(adapter.info) : choices;
    const device = await adapter.requestDevice({
      requiredFeatures: featuresToRequest(adapter),
      requiredLimits: limitsToRequest(adapter),
    });
    const pipelines = new Pipelines(device);
    const matrix = await probeMatrix(pipelines, features.subgroupMatrix);
    if (options.family === 'matrix' && !matrix) throw new Error('this device has no matrix units for f16');
    return new Gpu(device, adapter.info, pipelines, { ...features, subgroupMatrix: matrix }, options, tuned);
  }

  createBuffer(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const limit =
      usage & GPUBufferUsage.STORAGE ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
    if (bytes > limit)
      throw new KernelError(`${label}: needs ${bytes} bytes in one buffer, this device allows ${limit}`);
    this.counts.buffers++;
    this.counts.bytes += bytes;
    return this.device.createBuffer({ label, size: bytes, usage });
  }

  destroyBuffer(buffer: GPUBuffer): void {
    this.counts.buffers--;
    this.counts.bytes -= buffer.size;
    buffer.destroy();
  }

  createBindGroup(label: string, layout: GPUBindGroupLayout, entries: GPUBindGroupEntry[]): GPUBindGroup {
    this.counts.bindGroups++;
    return this.device.createBindGroup({ label, layout, entries });
  }

  /** Storage that outlives programs: weights, optimizer moments. Dense values in, zero without. */
  parameter(name: string, shape: Shape, values?: ArrayLike<number>, dtype: 'f32' | 'f16' = 'f32'): Tensor {
    const storage = newStorage('parameter', name, shape, dtype);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const what = `${name} ${showShape(shape)}`;
    storage.buffer = this.faults.guard(what, () => this.createBuffer(name, storage.bytes, usage));
    const tensor = new Tensor(this, shape, storage);
    if (values) this.write(tensor, values);
    return tensor;
  }

  /** A scalar that never changes, made once per value. */
  scalar(value: number): Tensor {
    return this.constant(String(value), [1], () => [value]);
  }

  /** A tensor that never changes, made once per name. */
  constant(name: string, shape: Shape, values: () => ArrayLike<number>): Tensor {
    const found = this.#constants.get(name) ?? this.parameter(`constant ${name}`, shape, values());
    this.#constants.set(name, found);
    return found;
  }

  /** Writes dense values into a parameter. */
  write(tensor: Tensor, values: ArrayLike<number>): void {
    const buffer = this.#bufferOf(tensor, 'write');
    this.faults.check(`write of ${tensor.storage.name}`);
    if (values.length !== tensor.size)
      throw new KernelError(
        `write: ${tensor.storage.name} is ${showShape(tensor.shape)}, ${values.length} values came`,
      );
    const stored = toStored(tensor, padRows(values, tensor.shape));
    this.device.queue.writeBuffer(buffer, tensor.storage.offset, stored);
    this.#staged(stored.byteLength);
    rootOf(tensor.storage).version++;
  }

  /** Dawn gives the memory of an upload back only after a submit, though the buffer may be long gone. */
  #staged(bytes: number): void {
    this.#stagedBytes += bytes;
    if (this.#stagedBytes < MOST_STAGED) return;
    this.#stagedBytes = 0;
    this.device.queue.submit([]);
  }

  /** Reads a parameter back, dense. */
  async read(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    const buffer = this.#bufferOf(tensor, 'read');
    const { bytes, name } = tensor.storage;
    const readback = new Readback(this, name, bytes, 1);
    try {
      return unpadRows(fromStored(tensor, await readback.read(buffer, tensor.storage.offset)), tensor.shape);
    } finally {
      readback.dispose();
    }
  }

  #bufferOf({ gpu, storage }: Tensor, what: string): GPUBuffer {
    if (gpu !== this) throw new KernelError(`${what}: ${storage.name} lives on another device`);
    if (!storage.buffer) throw new KernelError(`${what}: ${storage.name} has no buffer of its own`);
    return storage.buffer;
  }

  dispose(tensor: Tensor): void {
    if (tensor.storage.buffer) this.destroyBuffer(tensor.storage.buffer);
    tensor.storage.buffer = null;
  }

  /** The recording under way. @throws KernelError outside of `compile`. */
  get recording(): Recording {
    if (!this.#recording)
      throw new KernelError('ops run only while a program is traced: call them inside gpu.compile');
    return this.#recording;
  }

  /** A temporary of the program that is being traced. */
  temp(shape: Shape, dtype: 'f32' | 'f16' = 'f32'): Tensor {
    return new Tensor(this, shape, this.recording.temp(shape, dtype));
  }

  /** A tensor that the caller writes before each run; a `u32` one takes bytes, as they are. */
  input(name: string, shape: Shape, dtype: Storage['dtype'] = 'f32'): Tensor {
    const { inputs } = this.recording;
    if (inputs.has(name)) throw new KernelError(`input: ${name} is declared twice`);
    const tensor = new Tensor(this, shape, newStorage('input', name, shape, dtype));
    inputs.set(name, tensor);
    return tensor;
  }

  /** Prefixes the labels of all launches that `trace` makes: profiles name layers by it. */
  scope<T>(label: string, trace: () => T): T {
    this.#labels.push(label);
    try {
      return trace();
    } finally {
      this.#labels.pop();
    }
  }

  /**
   * Appends one launch to the recording. Names of tensors, params, overrides and cores are checked by the compiler.
   * @throws KernelError naming the launch, where it is too large for the device or takes a tensor from elsewhere.
   */
  run<K extends AnyKernel>(
    kernel: K,
    tensors: { readonly [B in keyof BindingsOf<K>]: Tensor },
    params: { readonly [P in ParamsOf<K>]: number },
    options: LaunchOptions<K>,
  ): void {
    const [x, y = 1, z = 1] = options.groups;
    const bound = tensors as Readonly<Record<string, Tensor>>;
    this.recording.add(this, {
      label: [...this.#labels, options.label ?? kernel.name].join('/'),
      kernel,
      core: options.core ?? null,
      tensors: kernel.bindings.map((b) => bound[b.name]!),
      params: params as Readonly<Record<string, number>>,
      overrides: (options.overrides ?? {}) as Readonly<Record<string, number | boolean>>,
      specials: (options.specials ?? {}) as Readonly<Record<string, number>>,
      groups: [x, y, z],
      flops: options.flops ?? 0,
      choice: options.choice ?? null,
    });
  }

  /**
   * Traces `build`, plans what it recorded and makes everything a run needs.
   * @param onPipeline - told after each of the launches whose pipeline has been compiled
   * @returns a program whose outputs are the tensors that `build` returns, by name.
   * @throws KernelError naming the kernel, DeviceLostError
   */
  async compile(
    build: () => Readonly<Record<string, Tensor>>,
    onPipeline?: (done: number, total: number) => void,
  ): Promise<Program> {
    this.faults.check('compile');
    if (this.#recording) throw new KernelError('compile: a program is being traced already');
    const watch = new Stopwatch();
    const recording = new Recording();
    this.#recording = recording;
    let outputs: Readonly<Record<string, Tensor>>;
    try {
      outputs = build();
    } finally {
      this.#recording = null;
    }
    watch.lap('trace');
    const plan = planLaunches(recording, outputs);
    watch.lap('plan');
    return Program.create(this, recording, plan, outputs, watch, onPipeline);
  }

  /** Gives the device back with all that is on it; whatever comes later throws DeviceLostError. */
  close(): void {
    this.faults.lose('it was closed');
    this.device.destroy();
  }
}
