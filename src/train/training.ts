import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import type { TrainState } from './trained_weights.ts';

/** Losses of one step. */
export interface Losses {
  readonly d_real: number;
  readonly d_fake: number;
  readonly g_gan: number;
  readonly g_l1: number;
  /** The gradient penalty, in the steps that have one. */
  readonly r1?: number;
}

/** The pairs of one step: `source` and `target` `[batch, size, size, 3]`, `context` `[batch, 77, values]`. */
export type BatchValues = Readonly<Record<'source' | 'target' | 'context', Float32Array>>;

/** What the loop and a run folder ask of a training, whatever its networks and objective. */
export interface Training {
  readonly config: { readonly size: number; readonly batch: number; readonly steps: number };
  /** Enqueues step number `step`, from 0. */
  submit(step: number, values: BatchValues): void;
  /** Losses of the latest step that was submitted. @throws KernelError */
  losses(): Promise<Losses>;
  save(): Promise<TrainState>;
  restore(state: Partial<TrainState>): void;
  /** A program that edits one picture of `edge` pixels with the weights as they are. */
  preview(gpu: Gpu, edge: number): Promise<Program>;
}
