import type { Peaks } from '../src/runtime/peaks.ts';
import type { Place } from './graph/float_files.ts';
import type { Graph } from './graph/graph.ts';

// Messages between the bench and its children, one JSON object each. Every library runs in a process of its own, so
// that globals do not collide and processor time is its own; it ends with the case, so nothing is left for the next.

/** One step of conditional GAN training; values are named `generator.…`, `lora.…`, `discriminator.…`. */
export interface StepWork {
  readonly generator: Graph;
  readonly discriminator: Graph;
  /** Weights of the generator's graph that are trained, in the order of their gradients. */
  readonly trained: readonly string[];
  readonly lambdaL1: number;
  readonly adam: {
    readonly lr: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
  };
}

/** What a case asks of a library: a graph's outputs, its gradients too, or a training step. */
export interface Workload {
  readonly name: string;
  readonly graph: Graph;
  /** Inputs and weights to differentiate by; the output `y` has the cotangent `dy` among the values. */
  readonly wanted: readonly string[];
  readonly step: StepWork | null;
}

/** Where the values of a workload lie, and where a child writes its outputs. */
export interface Files {
  readonly folder: string;
  readonly values: string;
  readonly places: readonly Place[];
}

/** Milliseconds of one run: by the clock, and of the process's processors together, divided by their number. */
export interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

/** What a child did to get ready; `note` says what its times hold besides the computation. */
export interface Ready {
  readonly cold: Sample;
  readonly note?: string;
}

/** GPU milliseconds of one run, from timestamps: by launch, summed. */
export interface GpuSample {
  readonly ms: number;
  readonly launches: number;
}

/** Frames end to end, picture in and picture out. */
export interface FrameRate {
  readonly name: string;
  readonly fps: number;
  /** Relative margin of error at 95 %, in percent. */
  readonly margin: number;
  readonly samples: number;
}

/** One kernel of the ladder; `ms` are GPU times, none where the device cannot run it. */
export interface Rung {
  readonly name: string;
  readonly ms: readonly number[];
  readonly error: number;
  readonly reason: string;
}

/** What can be asked of a child, and what it answers. */
export interface Requests {
  /** Starts the library; answers how it calls itself. */
  open: { ask: { threads: number }; answer: { device: string } };
  /** Builds a workload in one of its forms and runs it once. */
  prepare: { ask: { workload: Workload; files: Files; form: string }; answer: Ready };
  /** Writes the outputs of the first run to a file, in the runtime's layout. */
  outputs: { ask: { file: string }; answer: { places: readonly Place[] } };
  run: { ask: object; answer: Sample };
  /** Asked of our own child alone. */
  gpu: { ask: object; answer: GpuSample };
  /** Our own child's other measurements. */
  peaks: { ask: object; answer: Peaks };
  frames: { ask: { edge: number; seconds: number }; answer: readonly FrameRate[] };
  ladder: { ask: { size: number; repeats: number }; answer: readonly Rung[] };
}

export type Verb = keyof Requests;

/** A request as it travels. */
export type Request = { [V in Verb]: { readonly id: number; readonly verb: V } & Requests[V]['ask'] }[Verb];

/** A reply as it travels. */
export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
