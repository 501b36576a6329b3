import type { Gpu } from '../runtime/gpu.ts';

const IN_FLIGHT = 3;

/**
 * The GPU's time of whole frames, where the device has timestamps. All objects are made once; a frame that finds no
 * free buffer goes untimed.
 */
export class FrameClock {
  readonly #gpu: Gpu;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: readonly GPUBuffer[];
  readonly #free: GPUBuffer[];
  /** Milliseconds of the latest frame that was timed; NaN before the first. */
  latest = Number.NaN;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#queries = gpu.device.createQuerySet({ type: 'timestamp', count: 2 });
    this.#resolved = gpu.createBuffer(
      'frame time',
      256,
      GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    );
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#staging = Array.from({ length: IN_FLIGHT }, () => gpu.createBuffer('frame time', 16, usage));
    this.#free = [...this.#staging];
  }

  get begin(): GPUComputePassTimestampWrites {
    return { querySet: this.#queries, beginningOfPassWriteIndex: 0 };
  }

  get end(): GPUComputePassTimestampWrites {
    return { querySet: this.#queries, endOfPassWriteIndex: 1 };
  }

  /** Puts the copy of a frame's two timestamps behind its work; the function that it returns is called after the submit. */
  record(encoder: GPUCommandEncoder): () => void {
    const staging = this.#free.pop();
    if (!staging) return () => {};
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, staging, 0, 16);
    return () => {
      staging.mapAsync(GPUMapMode.READ).then(
        () => {
          const [begin = 0n, end = 0n] = new BigUint64Array(staging.getMappedRange());
          this.latest = Number(end - begin) / 1e6;
          staging.unmap();
          this.#free.push(staging);
        },
        // The device is gone, and with it the buffer: the owner hears of that elsewhere.
        () => {},
      );
    };
  }

  dispose(): void {
    this.#queries.destroy();
    for (const buffer of [this.#resolved, ...this.#staging]) this.#gpu.destroyBuffer(buffer);
  }
}
