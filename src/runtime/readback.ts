import { deviceWait } from '#navigator-gpu';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';

/** A ring of staging buffers, made once, that brings one tensor back to the host. */
export class Readback {
  readonly #free: GPUBuffer[];
  readonly #all: readonly GPUBuffer[];
  readonly #what: string;

  readonly gpu: Gpu;
  readonly bytes: number;

  constructor(gpu: Gpu, name: string, bytes: number, depth: number) {
    this.gpu = gpu;
    this.#what = `read of ${name}`;
    this.bytes = bytes;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#all = Array.from({ length: depth }, () => gpu.createBuffer(`readback ${name}`, bytes, usage));
    this.#free = [...this.#all];
  }

  /** Copies `source` now, in the order of submits; resolves with its bytes. @throws KernelError, DeviceLostError */
  async read(source: GPUBuffer, offset = 0): Promise<ArrayBuffer> {
    const { device, faults } = this.gpu;
    faults.check(this.#what);
    const staging = this.#free.pop();
    if (!staging)
      throw new KernelError(
        `${this.#what}: ${this.#all.length} reads are under way already; await one first`,
      );
    faults.guard(this.#what, () => {
      const encoder = device.createCommandEncoder({ label: this.#what });
      encoder.copyBufferToBuffer(source, offset, staging, 0, this.bytes);
      device.queue.submit([encoder.finish()]);
    });
    try {
      await this.#map(staging);
      await faults.settle(this.#what);
      return staging.getMappedRange().slice(0);
    } finally {
      staging.unmap();
      this.#free.push(staging);
    }
  }

  async #map(staging: GPUBuffer): Promise<void> {
    const limit = this.gpu.watchdogMs;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`did not arrive within ${limit} ms`)), limit);
    });
    try {
      await deviceWait(Promise.race([staging.mapAsync(GPUMapMode.READ), silence]));
    } catch (error) {
      // A map is refused without a reason; what the device reports, which may come a moment later, has it.
      await new Promise((resolve) => setTimeout(resolve));
      await this.gpu.faults.settle(this.#what);
      const { name, message } = error as Error;
      throw new KernelError(`${this.#what}: ${message || name}`);
    } finally {
      clearTimeout(timer);
    }
  }

  dispose(): void {
    for (const buffer of this.#all) this.gpu.destroyBuffer(buffer);
  }
}
