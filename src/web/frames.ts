import { deviceWait } from '#navigator-gpu';
import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import { grid1d } from '../runtime/shape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { FrameClock } from './frame_clock.ts';
import { compileFrameKernels, type FrameKernels } from './frame_pipelines.ts';
import { cropOf, type FrameSource, type Framing, isMoving, sizeOf } from './frame_source.ts';

/** How a result is shown. */
export interface Showing {
  /** Part of the canvas from the left that shows the picture before; 0 or left out for none. */
  readonly wipe?: number;
  /** Share of what was shown that stays, in [0, 1): calms flicker, and trails. */
  readonly smooth?: number;
}

const EDGE = 8;
const WG = 64;

/** The way of a picture into the network and out of it, all on the device. Nothing is made per frame but what an external texture needs. */
export class Frames {
  readonly width: number;
  readonly height: number;
  readonly #gpu: Gpu;
  readonly #program: Program;
  readonly #format: GPUTextureFormat;
  readonly #kernels: FrameKernels;
  readonly #shown: Tensor;
  readonly #sampler: GPUSampler;
  readonly #clock: FrameClock | null;
  #texture: GPUTexture | null = null;
  #bound: GPUBindGroup | null = null;
  #isFirst = true;
  #canImport = true;

  private constructor(
    gpu: Gpu,
    program: Program,
    format: GPUTextureFormat,
    shown: Tensor,
    kernels: FrameKernels,
  ) {
    this.#gpu = gpu;
    this.#format = format;
    this.#program = program;
    this.#kernels = kernels;
    this.#shown = shown;
    const [, height, width] = program.inputs.get('x')!.shape as [number, number, number, number];
    this.width = width;
    this.height = height;
    this.#sampler = gpu.device.createSampler({ magFilter: 'linear', minFilter: 'linear' });
    this.#clock = gpu.features.timestamps ? new FrameClock(gpu) : null;
  }

  /** @param program - input `x` and output `y`, `[1, height, width, 3]` in f32 */
  static async create(gpu: Gpu, program: Program, format: GPUTextureFormat): Promise<Frames> {
    const [x, y] = [program.inputs.get('x')!, program.outputs.y!];
    const shown = gpu.parameter('shown', y.shape);
    return new Frames(gpu, program, format, shown, await compileFrameKernels(gpu, { x, y, shown }, format));
  }

  /** Of the canvases that results are shown on. */
  get format(): GPUTextureFormat {
    return this.#format;
  }

  /** GPU milliseconds of the latest frame that was timed; NaN where there are none. */
  get gpuTime(): number {
    return this.#clock?.latest ?? Number.NaN;
  }

  /** Bytes of the texture that still pictures are copied through. */
  get textureBytes(): number {
    return this.#texture ? this.#texture.width * this.#texture.height * 4 : 0;
  }

  /** Textures that are kept; a canvas has its own. */
  get textures(): number {
    return this.#texture ? 1 : 0;
  }

  /** Puts a picture into the network's input. */
  take(source: FrameSource, framing: Framing = {}): void {
    const { width, height } = this;
    const crop = { width, height, ...cropOf(sizeOf(source), width, height, framing) };
    if (isMoving(source) && this.#canImport) {
      const imported = this.#import(source);
      if (imported) {
        this.#kernels.external.set(crop);
        this.#unpack(this.#kernels.external, this.#kernels.external.bindSource(imported, this.#sampler));
        return;
      }
    }
    this.#copy(source);
    this.#kernels.texture.set(crop);
    this.#unpack(this.#kernels.texture, this.#bound!);
  }

  #import(source: HTMLVideoElement | VideoFrame): GPUExternalTexture | null {
    try {
      return this.#gpu.device.importExternalTexture({ source });
    } catch (error) {
      // Not every browser imports every kind of video; where it does not, each frame is copied.
      if (!(error instanceof TypeError) && (error as Error).name !== 'NotSupportedError') throw error;
      this.#canImport = false;
      return null;
    }
  }

  #copy(source: FrameSource): void {
    const [width, height] = sizeOf(source);
    const { device } = this.#gpu;
    if (this.#texture?.width !== width || this.#texture.height !== height) {
      this.#texture?.destroy();
      const { TEXTURE_BINDING, COPY_DST, RENDER_ATTACHMENT } = GPUTextureUsage;
      const usage = TEXTURE_BINDING | COPY_DST | RENDER_ATTACHMENT;
      this.#texture = device.createTexture({
        label: 'source',
        size: [width, height],
        format: 'rgba8unorm',
        usage,
      });
      this.#bound = this.#kernels.texture.bindSource(this.#texture.createView(), this.#sampler);
    }
    device.queue.copyExternalImageToTexture({ source }, { texture: this.#texture }, [width, height]);
  }

  #unpack(kernel: FrameKernels['external'] | FrameKernels['texture'], source: GPUBindGroup): void {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: 'take' });
    const pass = encoder.beginComputePass(this.#clock ? { timestampWrites: this.#clock.begin } : {});
    pass.setPipeline(kernel.pipeline as GPUComputePipeline);
    kernel.bind(pass);
    pass.setBindGroup(1, source);
    pass.dispatchWorkgroups(Math.ceil(this.width / EDGE), Math.ceil(this.height / EDGE));
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  /** Runs the network on what was taken. */
  run(): void {
    this.#program.submit();
  }

  /** Shows the latest result on a canvas. @param target - its texture of this task */
  show(target: GPUTexture, { wipe = 0, smooth = 0 }: Showing = {}): void {
    const { device } = this.#gpu;
    const { smooth: kept, present } = this.#kernels;
    const { width, height } = this;
    const encoder = device.createCommandEncoder({ label: 'show' });
    kept.set({ pixels: width * height, keep: this.#isFirst ? 0 : Math.min(0.98, Math.max(0, smooth)) });
    this.#isFirst = false;
    const pass = encoder.beginComputePass();
    pass.setPipeline(kept.pipeline as GPUComputePipeline);
    kept.bind(pass);
    const [x, y] = grid1d(width * height, WG);
    pass.dispatchWorkgroups(x, y);
    pass.end();
    present.set({ width, height, out_width: target.width, out_height: target.height, wipe });
    const draw = encoder.beginRenderPass({
      colorAttachments: [{ view: target.createView(), loadOp: 'clear', storeOp: 'store' }],
      ...(this.#clock && { timestampWrites: this.#clock.end }),
    });
    draw.setPipeline(present.pipeline as GPURenderPipeline);
    present.bind(draw);
    draw.draw(3);
    draw.end();
    const timed = this.#clock?.record(encoder);
    device.queue.submit([encoder.finish()]);
    timed?.();
  }

  /** Runs everything once on a black picture, for devices compile for good when a kernel first runs. */
  async warm(): Promise<void> {
    const { device } = this.#gpu;
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT;
    const texture = (format: GPUTextureFormat) => device.createTexture({ size: [8, 8], format, usage });
    const [source, target] = [texture('rgba8unorm'), texture(this.#format)];
    const { width, height } = this;
    this.#kernels.texture.set({ width, height, ...cropOf([8, 8], width, height) });
    this.#unpack(this.#kernels.texture, this.#kernels.texture.bindSource(source.createView(), this.#sampler));
    this.run();
    this.show(target);
    await this.done();
    for (const t of [source, target]) t.destroy();
    this.forget();
  }

  /** Waits until the device has done all of it. @throws KernelError, DeviceLostError */
  async done(): Promise<void> {
    await deviceWait(this.#gpu.device.queue.onSubmittedWorkDone());
    await this.#program.settle();
  }

  /** The next frame shows nothing of those before. */
  forget(): void {
    this.#isFirst = true;
  }

  dispose(): void {
    this.#texture?.destroy();
    this.#clock?.dispose();
    for (const kernel of Object.values(this.#kernels)) kernel.dispose();
    this.#gpu.dispose(this.#shown);
  }
}
