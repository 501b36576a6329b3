import { leastMs, type Peaks } from '../../runtime/peaks.ts';
import type { KernelTime } from '../../runtime/timeline.ts';

/** A class of phones by its GPU: what that could do at most, in f32. */
export interface Phone {
  readonly name: string;
  readonly gflops: number;
  readonly gbytes: number;
}

// Rates are ALUs x clock x 2 and the memory's bus; a phone that is warm does less.
// - Apple A15, 5 cores: 1338 MHz, 1.713 TFLOP/s, LPDDR4X-4266, 34.1 GB/s (askgeek.io/en/cpus/Apple/A15-Bionic).
// - Adreno 740: Qualcomm publishes no rate; 3.7 TFLOP/s and 64 GB/s as listed at primua.com/adreno-740, the highest claim.
// - Mali-G710: 64 multiply-adds a core and clock (anandtech.com/show/16694, page 2); 7 cores at 848 MHz and four 16-bit
//   channels of LPDDR5-6400 as in Google's Tensor G2: 760 GFLOP/s, 51.2 GB/s.
// - Mali-G57: 32 a core and clock (the same page, on the generation before); 2 cores at 950 MHz and two 16-bit channels
//   of LPDDR4X-4266 as in MediaTek's Dimensity 700: 122 GFLOP/s, 17.1 GB/s.
export const PHONES: readonly Phone[] = [
  { name: 'flagship, Apple A15 (iPhone 14)', gflops: 1713, gbytes: 34.1 },
  { name: 'flagship, Adreno 740', gflops: 3700, gbytes: 64 },
  { name: 'upper middle, Mali-G710 MP7', gflops: 760, gbytes: 51.2 },
  { name: 'entry, Mali-G57 MP2', gflops: 122, gbytes: 17.1 },
];

/** What the paper reports of its own engine at 256x256 on an iPhone 14, and what it calls real time. */
export const PAPER = { ms: 15.5, fps: 30 } as const;

/** A guess, never a measurement. */
export interface Projection {
  readonly phone: string;
  readonly projected: { readonly ms: number; readonly fps: number };
}

/**
 * Frame time on a phone: each kernel at the share of the roof that it reaches here, under the phone's roof. A kernel that
 * beats this device's copy, out of its caches, counts as reaching the roof.
 *
 * ms = sum over kernels of least(phone) / min(1, least(here) / measured)
 */
export function project(kernels: readonly KernelTime[], here: Peaks, phone: Phone): Projection {
  const ms = kernels.reduce((sum, kernel) => {
    const there = leastMs(kernel, phone);
    const share = kernel.ms > 0 ? Math.min(1, leastMs(kernel, here) / kernel.ms) : 1;
    return sum + (share > 0 ? there / share : 0);
  }, 0);
  return { phone: phone.name, projected: { ms, fps: 1000 / ms } };
}
