import type { GeneratorConfig, PresetName } from '../../model/generator_spec.ts';
import type { PairSource } from '../../train/loop.ts';
import type { Rows } from '../../train/rows.ts';
import type { BaselineName } from '../baseline_networks.ts';
import type { FeatureChoice } from '../features.ts';
import type { ResultTable } from '../run/report.ts';
import type { Measure } from '../trials/judge.ts';
import type { ConceptPairs, TrialBench, TrialTraining } from '../trials/trial.ts';

/** Concepts that bases are made of. */
export interface Pool {
  readonly names: readonly string[];
  /** Features of their prompts, and which these are. */
  readonly rows: Rows;
  readonly features: string;
  /** Pairs of some of them, as one source. */
  source(names: readonly string[]): PairSource;
}

/** Everything that a study is about; how much it trains. */
export interface Study {
  readonly bench: TrialBench;
  readonly preset: PresetName;
  readonly generator: GeneratorConfig;
  readonly targets: readonly ConceptPairs[];
  /** Concepts of the pool that ranks are searched on. */
  readonly proxies: readonly ConceptPairs[];
  readonly pool: Pool;
  /** Concepts of a base. */
  readonly k: number;
  readonly seeds: readonly number[];
  /** How adapters train. */
  readonly training: TrialTraining;
  /** Learning rate where all weights are trained. */
  readonly fullRate: number;
  readonly measure: Measure;
  readonly features: FeatureChoice;
  readonly steps: {
    readonly base: number;
    readonly tune: number;
    /** Networks that start from random weights. */
    readonly scratch: number;
    readonly search: number;
  };
  /** Pairs of the small sets in the comparison of subsets. */
  readonly pairs: number;
  readonly baselines: readonly BaselineName[];
}

/** A claim of the paper, held against what was measured here. */
export interface Claim {
  readonly claim: string;
  readonly ours: number;
  readonly other: number;
  readonly standardError: number | null;
  readonly trainings: number;
  readonly verdict: string;
  /** Means of each concept. */
  readonly concepts: readonly { readonly concept: string; readonly ours: number; readonly other: number }[];
  /** Where it does not hold: what the trainings say of the reason, in sentences. */
  readonly why: readonly string[];
}

/** One part of the report. */
export interface Section {
  readonly title: string;
  /** Paragraphs. */
  readonly text: readonly string[];
  readonly tables: readonly ResultTable[];
  /** SVG, by file name without extension. */
  readonly figures: ReadonlyMap<string, string>;
  /** PNG, by file name without extension. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
  readonly claims: readonly Claim[];
}

/** A section with what it leaves out as empty. */
export const section = (parts: Partial<Section> & Pick<Section, 'title'>): Section => ({
  text: [],
  tables: [],
  figures: new Map(),
  pictures: new Map(),
  claims: [],
  ...parts,
});
