import { DeviceLostError, KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';

const WATCHDOG_MS = 120_000;

/** A ring of staging buffers, made once, that brings one tensor back to the host. */
export class Readback {
  readonly #free: GPUBuffer[];
  readonly #all: readonly GPUBuffer[];

  readonly gpu: Gpu;
  readonly name: string;
  readonly bytes: number;

  constructor(gpu: Gpu, name: string, bytes: number, depth: number) {
    this.gpu = gpu;
    this.name = name;
    this.bytes = bytes;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#all = Array.from({ length: depth }, () => gpu.createBuffer(`readback ${name}`, bytes, usage));
    this.#free = [...this.#all];
  }

  /** Copies `source` now, in the order of submits; resolves with its floats. @throws KernelError, DeviceLostError */
  async read(source: GPUBuffer, offset = 0): Promise<Float32Array> {
    const staging = this.#free.pop();
    if (!staging)
      throw new KernelError(
        `read: ${this.name} has ${this.#all.length} reads under way already; await one first`,
      );
    const { device } = this.gpu;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, offset, staging, 0, this.bytes);
    device.queue.submit([encoder.finish()]);
    try {
      await this.#map(staging);
      this.gpu.check();
      const values = new Float32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      return values;
    } finally {
      this.#free.push(staging);
    }
  }

  async #map(staging: GPUBuffer): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new KernelError(`read: ${this.name} did not arrive within ${WATCHDOG_MS} ms`)),
        WATCHDOG_MS,
      );
    });
    const lost = this.gpu.device.lost.then((info): never => {
      throw new DeviceLostError(`read: ${this.name}: device lost: ${info.message}`);
    });
    try {
      await Promise.race([staging.mapAsync(GPUMapMode.READ), silence, lost]);
    } finally {
      clearTimeout(timer);
    }
  }

  dispose(): void {
    for (const buffer of this.#all) this.gpu.destroyBuffer(buffer);
  }
}
