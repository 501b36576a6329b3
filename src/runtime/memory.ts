import type { Lifetime, Plan } from './plan.ts';
import { writes } from './recording.ts';
import { rootOf, type Storage } from './tensor.ts';

/** One temporary in the arena. */
export interface MemoryBar {
  /** The label of the launch that first writes it. */
  readonly name: string;
  readonly bytes: number;
  /** Where it begins, all slots laid end to end. */
  readonly offset: number;
  /** First and last launch that needs it. */
  readonly from: number;
  readonly to: number;
  /** Its values stay between runs: an output, or what hangs on parameters alone. */
  readonly kept: boolean;
}

/** How a plan fills the arena while its launches run. */
export interface MemoryPlan {
  /** Labels in order; the first `once` run only when parameters have changed. */
  readonly launches: readonly string[];
  readonly once: number;
  /** Bytes of all slots. */
  readonly arena: number;
  /** Bytes of all temporaries, had each a place of its own. */
  readonly unshared: number;
  readonly bars: readonly MemoryBar[];
  /** The launch during which most bytes are alive; null for a plan without temporaries. */
  readonly peak: { readonly launch: number; readonly label: string; readonly bytes: number } | null;
}

function barOf({ storage, from, to }: Lifetime, name: string, offset: number, last: number): MemoryBar {
  return {
    name,
    bytes: storage.bytes,
    offset,
    from: Math.max(0, from),
    to: Math.min(last, to),
    kept: from < 0,
  };
}

/** Lays a plan out in time and bytes. */
export function memoryPlan({ once, each, slots }: Plan): MemoryPlan {
  const launches = [...once, ...each];
  const makers = new Map<Storage, string>();
  for (const launch of launches)
    for (const s of writes(launch).map(rootOf)) if (!makers.has(s)) makers.set(s, launch.label);
  let arena = 0;
  const bars: MemoryBar[] = [];
  for (const { bytes, lives } of slots) {
    for (const life of lives) {
      const name = makers.get(life.storage) ?? life.storage.name;
      bars.push(barOf(life, name, arena, launches.length - 1));
    }
    arena += bytes;
  }
  const labels = launches.map((l) => l.label);
  const unshared = bars.reduce((sum, bar) => sum + bar.bytes, 0);
  return { launches: labels, once: once.length, arena, unshared, bars, peak: peakOf(labels, bars) };
}

function peakOf(labels: readonly string[], bars: readonly MemoryBar[]): MemoryPlan['peak'] {
  let peak: MemoryPlan['peak'] = null;
  for (const [launch, label] of labels.entries()) {
    const alive = bars.filter(({ from, to }) => from <= launch && launch <= to);
    const bytes = alive.reduce((sum, bar) => sum + bar.bytes, 0);
    if (bytes > (peak?.bytes ?? 0)) peak = { launch, label, bytes };
  }
  return peak;
}
