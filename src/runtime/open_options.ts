import type { Features } from './limits.ts';
import type { GemmFamily } from './ops/gemm.ts';
import type { WinogradTile } from './ops/winograd.ts';
import type { Choices } from './tuner.ts';

/** Fixes what a device uses. */
export interface OpenOptions {
  /** Forces one family on all products, whatever was tuned; `plain` takes the device for one without subgroups. */
  readonly family?: GemmFamily;
  /** `f16` allows products whose factors are rounded to f16 where the device has matrix units; sums stay f32. */
  readonly precision?: 'f32' | 'f16';
  /** `f16` keeps what networks compute, and frozen weights, in half the memory; arithmetic and sums stay f32. */
  readonly storage?: 'f32' | 'f16';
  /** Computes 3x3 convolutions of stride 1 by tiles of this size, or never; by a rule where left out. */
  readonly winograd?: WinogradTile | 'off';
  /** What the tuner found, or where to look it up; none where results must not hang on a measurement. */
  readonly choices?: Choices | ((info: GPUAdapterInfo) => Choices | Promise<Choices>);
  readonly backend?: string;
  /** Milliseconds after which values that do not come back are an error; minutes by default. */
  readonly watchdogMs?: number;
}

// Software devices compile a kernel when it first runs: a first training step may take minutes.
const WATCHDOG_MS = { software: 600_000, gpu: 120_000 };

/** How long a device may take to bring values back. */
export const watchdogOf = ({ watchdogMs }: OpenOptions, { software }: Features): number =>
  watchdogMs ?? (software ? WATCHDOG_MS.software : WATCHDOG_MS.gpu);
