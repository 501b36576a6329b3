import type { Quality } from '../session.ts';
import { printTable } from '../table.ts';
import { type ByCandidate, CANDIDATES, type Candidate } from './candidates.ts';
import type { Distances } from './distances.ts';

/** What `evaluate` finds out. */
export interface Evaluation {
  readonly pairs: number;
  readonly size: number;
  readonly rule: string;
  /** Means over pairs. */
  readonly against_target: ByCandidate<Quality>;
  readonly distances?: Distances;
  readonly left_out: readonly string[];
}

function printDistances({ features, samples, forced, fid, kid, direction }: Distances): void {
  const names = Object.keys(fid ?? kid?.values ?? direction!.values) as Candidate[];
  console.log(`features: ${features}; n = ${samples} pictures of each kind`);
  if (forced) console.log('fewer pictures than values of a feature: FID is too large (--force)');
  if (kid)
    console.log(
      `KID: ${kid.subsets} subsets of ${kid.subset_size}, ± is the standard error, seed ${kid.seed}`,
    );
  const rows = names.map((name) => {
    const k = kid?.values[name];
    return [
      CANDIDATES[name],
      ...(fid ? [fid[name]!.toFixed(4)] : []),
      ...(k ? [`${k.value.toFixed(6)} ± ${k.standard_error.toFixed(6)}`] : []),
      ...(direction ? [direction.values[name]?.toFixed(4) ?? ''] : []),
      samples,
    ];
  });
  const columns = [
    ...(fid ? ['FID'] : []),
    ...(kid ? ['KID'] : []),
    ...(direction ? [`direction "${direction.source_prompt}" to "${direction.prompt}"`] : []),
  ];
  printTable(['pictures as a set, against the targets', ...columns, 'n'], rows);
}

/** Prints an evaluation as tables. */
export function printEvaluation({ pairs, size, rule, against_target, distances }: Evaluation): void {
  const row = (name: string, { psnr, ssim, l1 }: Quality) => [
    name,
    psnr.toFixed(2),
    ssim.toFixed(4),
    l1.toFixed(4),
    pairs,
  ];
  console.log(`means over ${rule} (n = ${pairs}) at ${size}x${size}`);
  const rows = Object.entries(against_target).map(([name, q]) => row(CANDIDATES[name as Candidate], q));
  printTable(['against the target', 'PSNR dB', 'SSIM', 'L1', 'n'], rows);
  if (distances) printDistances(distances);
}
