import { PARAMS_BINDING } from '#kernels/kernel.ts';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { Plan } from './plan.ts';
import type { Launch, Recording } from './recording.ts';
import type { Storage } from './tensor.ts';

/** One launch with all that a replay needs. */
export interface Step {
  readonly launch: Launch;
  readonly pipeline: GPUComputePipeline;
  /** Its tensors and its params. */
  readonly bindings: GPUBindGroup;
}

/** The steps of a plan, and the buffers that were made for them. */
export interface Bound {
  readonly once: readonly Step[];
  readonly each: readonly Step[];
  readonly buffers: readonly GPUBuffer[];
}

const PARAMS_STRIDE = 256;

/** Makes buffers and bind groups for a plan. @param pipelines - of `plan.once`, then of `plan.each` */
export function bindPlan(
  gpu: Gpu,
  recording: Recording,
  plan: Plan,
  pipelines: readonly GPUComputePipeline[],
): Bound {
  const launches = [...plan.once, ...plan.each];
  const uniform = uploadParams(gpu, launches);
  const buffers = [...placeTensors(gpu, recording, plan), uniform];
  const steps = launches.map((l, i) => bindLaunch(gpu, l, pipelines[i]!, uniform, i * PARAMS_STRIDE));
  const n = plan.once.length;
  return { once: steps.slice(0, n), each: steps.slice(n), buffers };
}

/** Gives back what `bindPlan` made. */
export function unbind(gpu: Gpu, { once, each, buffers }: Bound): void {
  for (const buffer of buffers) gpu.destroyBuffer(buffer);
  for (const { launch } of [...once, ...each]) {
    gpu.counts.bindGroups--;
    for (const { storage } of launch.tensors) if (storage.kind !== 'parameter') storage.buffer = null;
  }
}

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
  const entries: GPUBindGroupEntry[] = launch.tensors.map((t, binding) => {
    const { buffer, bytes, offset } = t.storage;
    return { binding, resource: { buffer: buffer!, offset, size: bytes } };
  });
  const resource = { buffer: uniform, offset, size: PARAMS_STRIDE };
  if (kernel.params.length) entries.push({ binding: PARAMS_BINDING, resource });
  return {
    launch,
    pipeline,
    bindings: gpu.createBindGroup(launch.label, gpu.pipelines.layout(kernel), entries),
  };
}
