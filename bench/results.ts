import type { Peaks } from '../src/runtime/peaks.ts';
import type { PeerName } from './cases/bench_case.ts';
import type { FrameRate, Rung, Sample } from './protocol.ts';
import type { Verdict } from './verdict.ts';

/** Who was timed: ours, peers on WebGPU, and PyTorch as the machine's own measure. */
export type Who = 'ours' | PeerName | `torch ${string}`;

/** One library on one case. */
export interface Entry {
  readonly who: Who;
  /** Why there are no times, in words; empty where there are. */
  readonly unable: string;
  /** How the peer was written, where there was a choice, and what its times hold besides. */
  readonly notes: readonly string[];
  readonly verdict: Verdict | null;
  /** The first run, compiling included. */
  readonly cold: Sample | null;
  readonly samples: readonly Sample[];
}

/** One case. */
export interface CaseResult {
  readonly name: string;
  readonly flops: number;
  readonly bytes: number;
  readonly target: number | null;
  /** GPU milliseconds of ours by timestamps, and launches of a run. */
  readonly gpu: readonly number[];
  readonly launches: number;
  readonly entries: readonly Entry[];
}

/** A whole run of the bench, as it is written. */
export interface BenchResult {
  readonly date: string;
  readonly adapter: string;
  readonly software: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  /** Load averages over one minute, at the beginning and at the end. */
  readonly load: readonly number[];
  readonly repeats: number;
  readonly peaks: Peaks | null;
  readonly cases: readonly CaseResult[];
  readonly frames: readonly FrameRate[];
  readonly ladder: { readonly size: number; readonly rungs: readonly Rung[] } | null;
  /** Cases for which there was no time. */
  readonly left: readonly string[];
}

export const isPeer = (who: Who): who is PeerName => who !== 'ours' && !who.startsWith('torch');
