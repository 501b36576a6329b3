import type { Sample } from '../protocol.ts';

// What the page is asked for and what it posts back, as JSON.

/** Who is timed in the page. */
export type PageWho = 'ours' | 'onnxruntime-web' | 'jax-js';

export const EVERYBODY: readonly PageWho[] = ['ours', 'onnxruntime-web', 'jax-js'];

/** What the page is to do; `edge` is the generator's picture size. */
export interface PageTask {
  readonly edge: number;
  readonly repeats: number;
}

/** One library on one case. */
export interface PageEntry {
  readonly who: PageWho;
  /** Why it does not count; empty where it does. */
  readonly unable: string;
  readonly notes: readonly string[];
  /** Largest difference from what it is checked against, as a share of the root mean square; null where unknown. */
  readonly error: number | null;
  /** Building and the first run. */
  readonly cold: Sample | null;
  readonly samples: readonly Sample[];
}

/** One case, all libraries. */
export interface PageCase {
  readonly name: string;
  readonly flops: number;
  readonly entries: readonly PageEntry[];
}

/** All that the page found. */
export interface PageResult {
  /** The adapter as the browser describes it. */
  readonly adapter: string;
  readonly browser: string;
  readonly cases: readonly PageCase[];
}

/** The page's result with what only its server knows. */
export interface WebResult extends PageResult {
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly cpu: string; readonly cores: number };
  readonly load: readonly number[];
  readonly repeats: number;
}
