import { assemble } from '#kernels/assemble.ts';
import present from '#kernels/frame/present.wgsl';
import smooth from '#kernels/frame/smooth.wgsl';
import unpackExternal from '#kernels/frame/unpack_external.wgsl';
import unpackTexture from '#kernels/frame/unpack_texture.wgsl';
import { type AnyKernel, PARAMS_BINDING, type ParamsOf } from '#kernels/kernel.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { Tensor } from '../runtime/tensor.ts';

const PARAMS_BYTES = 64;

/** A kernel that meets pictures: its pipeline, and the buffer and bind groups that stay as they are between frames. */
export class FrameKernel<K extends AnyKernel> {
  readonly #gpu: Gpu;
  readonly #kernel: K;
  readonly #bindings: GPUBindGroup;
  readonly #uniform: GPUBuffer;
  readonly #values = new DataView(new ArrayBuffer(PARAMS_BYTES));
  readonly #texturesLayout: GPUBindGroupLayout | null;
  readonly pipeline: GPUComputePipeline | GPURenderPipeline;

  private constructor(
    gpu: Gpu,
    kernel: K,
    layouts: readonly GPUBindGroupLayout[],
    pipeline: GPUComputePipeline | GPURenderPipeline,
    tensors: readonly Tensor[],
  ) {
    this.#gpu = gpu;
    this.#kernel = kernel;
    this.pipeline = pipeline;
    this.#texturesLayout = layouts[1] ?? null;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#uniform = gpu.createBuffer(kernel.name, PARAMS_BYTES, usage);
    const entries = tensors.map(({ storage: { buffer, offset, bytes } }, binding) => ({
      binding,
      resource: { buffer: buffer!, offset, size: bytes },
    }));
    const params = { binding: PARAMS_BINDING, resource: { buffer: this.#uniform } };
    this.#bindings = gpu.createBindGroup(kernel.name, layouts[0]!, [...entries, params]);
  }

  /** @param format - of the canvas, for the kernel that draws; @param tensors - in the kernel's order */
  static async create<K extends AnyKernel>(
    gpu: Gpu,
    kernel: K,
    tensors: readonly Tensor[],
    format: GPUTextureFormat | null = null,
  ): Promise<FrameKernel<K>> {
    const { device } = gpu;
    const layouts = layoutsOf(device, kernel);
    const layout = device.createPipelineLayout({ bindGroupLayouts: [...layouts] });
    const module = device.createShaderModule({ label: kernel.name, code: assemble(kernel, null, {}) });
    const label = kernel.name;
    const pipeline = format
      ? await device.createRenderPipelineAsync({
          label,
          layout,
          vertex: { module },
          fragment: { module, targets: [{ format }] },
        })
      : await device.createComputePipelineAsync({ label, layout, compute: { module } });
    return new FrameKernel(gpu, kernel, layouts, pipeline, tensors);
  }

  /** Writes those params that differ from what the device has. */
  set(params: { readonly [P in ParamsOf<K>]: number }): void {
    let changed = false;
    this.#kernel.params.forEach(({ name, type }, i) => {
      const value = (params as Readonly<Record<string, number>>)[name]!;
      const put = type === 'f32' ? 'setFloat32' : 'setUint32';
      const get = type === 'f32' ? 'getFloat32' : 'getUint32';
      if (this.#values[get](i * 4, true) === (type === 'f32' ? Math.fround(value) : value)) return;
      this.#values[put](i * 4, value, true);
      changed = true;
    });
    if (changed) this.#gpu.device.queue.writeBuffer(this.#uniform, 0, this.#values.buffer);
  }

  /** A bind group for a source; it is the only object that a moving picture makes, and nobody keeps it. */
  bindSource(source: GPUExternalTexture | GPUTextureView, sampler: GPUSampler): GPUBindGroup {
    return this.#gpu.device.createBindGroup({
      label: this.#kernel.name,
      layout: this.#texturesLayout!,
      entries: [
        { binding: 0, resource: source },
        { binding: 1, resource: sampler },
      ],
    });
  }

  bind(pass: GPUComputePassEncoder | GPURenderPassEncoder): void {
    pass.setBindGroup(0, this.#bindings);
  }

  dispose(): void {
    this.#gpu.destroyBuffer(this.#uniform);
    this.#gpu.counts.bindGroups--;
  }
}

function layoutsOf(device: GPUDevice, kernel: AnyKernel): GPUBindGroupLayout[] {
  const visibility = kernel.stage === 'fragment' ? GPUShaderStage.FRAGMENT : GPUShaderStage.COMPUTE;
  const buffers = kernel.bindings.map(({ access }, binding) => ({
    binding,
    visibility,
    buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
  }));
  const params = { binding: PARAMS_BINDING, visibility, buffer: { type: 'uniform' as const } };
  const layouts = [device.createBindGroupLayout({ entries: [...buffers, params] })];
  const textures = (kernel.textures ?? []).map(({ kind }, binding) => ({
    binding,
    visibility,
    ...(kind === 'sampler' && { sampler: {} }),
    ...(kind === 'texture_external' && { externalTexture: {} }),
    ...(kind === 'texture_2d<f32>' && { texture: {} }),
  }));
  return textures.length ? [...layouts, device.createBindGroupLayout({ entries: textures })] : layouts;
}

/** All kernels of one picture size, compiled side by side. */
export async function compileFrameKernels(
  gpu: Gpu,
  { x, y, shown }: Readonly<Record<'x' | 'y' | 'shown', Tensor>>,
  format: GPUTextureFormat,
) {
  const [external, texture, kept, drawn] = await Promise.all([
    FrameKernel.create(gpu, unpackExternal, [x]),
    FrameKernel.create(gpu, unpackTexture, [x]),
    FrameKernel.create(gpu, smooth, [y, shown]),
    FrameKernel.create(gpu, present, [x, shown], format),
  ]);
  return { external, texture, smooth: kept, present: drawn };
}

export type FrameKernels = Awaited<ReturnType<typeof compileFrameKernels>>;
