import { KernelError } from './errors.ts';
import { type Launch, type Recording, reads, writes } from './recording.ts';
import { rootOf, type Storage, type Tensor } from './tensor.ts';

/** What a recording becomes: live launches, those that run once, and which temporaries share a buffer. */
export interface Plan {
  /** Launches whose results depend on parameters alone: run when those change, not at every run. */
  readonly once: readonly Launch[];
  readonly each: readonly Launch[];
  /** Buffers to make; every storage in one of them is never live together with another of the same. */
  readonly slots: readonly Slot[];
}

export interface Slot {
  readonly bytes: number;
  readonly storages: readonly Storage[];
  /** When each of them is alive. */
  readonly lives: readonly Lifetime[];
}

/** Positions in `once` followed by `each`; from -1 to infinity where values are kept between runs. */
export interface Lifetime {
  readonly storage: Storage;
  readonly from: number;
  readonly to: number;
}

/** Launches that some output or parameter depends on. */
function alive(launches: readonly Launch[], outputs: ReadonlySet<Storage>): Launch[] {
  const needed = new Set(outputs);
  const kept: Launch[] = [];
  for (const launch of [...launches].reverse()) {
    if (!writes(launch).some((s) => needed.has(s) || s.kind === 'parameter')) continue;
    for (const s of [...reads(launch), ...writes(launch)]) needed.add(s);
    kept.push(launch);
  }
  return kept.reverse();
}

/** Splits off the launches that read only parameters which this recording never writes. */
function hoist(launches: readonly Launch[]): { once: Launch[]; each: Launch[] } {
  const writers = new Map<Storage, number>();
  for (const s of launches.flatMap(writes)) writers.set(s, (writers.get(s) ?? 0) + 1);
  const constant = new Set<Storage>();
  const isConstant = (s: Storage) => constant.has(s) || (s.kind === 'parameter' && !writers.has(s));
  const once: Launch[] = [];
  const each: Launch[] = [];
  for (const launch of launches) {
    const fixed =
      reads(launch).every(isConstant) &&
      writes(launch).every((s) => s.kind === 'temp' && writers.get(s) === 1);
    if (fixed) for (const s of writes(launch)) constant.add(s);
    (fixed ? once : each).push(launch);
  }
  return { once, each };
}

function lifetimes(launches: readonly Launch[], forever: ReadonlySet<Storage>): Lifetime[] {
  const found = new Map<Storage, Lifetime>();
  launches.forEach((launch, at) => {
    for (const storage of [...writes(launch), ...reads(launch)]) {
      if (storage.kind !== 'temp') continue;
      const kept = forever.has(storage);
      const from = kept ? -1 : (found.get(storage)?.from ?? at);
      found.set(storage, { storage, from, to: kept ? Number.POSITIVE_INFINITY : at });
    }
  });
  return [...found.values()];
}

/** Largest first, each into the first slot that is free for its lifetime. */
function share(lives: readonly Lifetime[]): Slot[] {
  const slots: { bytes: number; lives: Lifetime[] }[] = [];
  for (const life of [...lives].sort((a, b) => b.storage.bytes - a.storage.bytes || a.from - b.from)) {
    const free = slots.find((slot) => slot.lives.every((l) => l.to < life.from || life.to < l.from));
    if (free) free.lives.push(life);
    else slots.push({ bytes: life.storage.bytes, lives: [life] });
  }
  return slots.map(({ bytes, lives }) => ({ bytes, lives, storages: lives.map((l) => l.storage) }));
}

/** WebGPU refuses a dispatch that reads and writes one buffer; named here, before the GPU is touched. */
function checkAliases(launches: readonly Launch[]): void {
  for (const launch of launches) {
    const written = writes(launch);
    const both = reads(launch).find((s) => written.includes(s));
    if (both || new Set(written).size < written.length) {
      throw new KernelError(`${launch.label}: reads and writes ${(both ?? written[0])!.name} in one launch`);
    }
  }
}

/** What nobody wrote holds another tensor's leftovers. */
function checkSources(launches: readonly Launch[], outputs: Readonly<Record<string, Tensor>>): void {
  const written = new Set<Storage>();
  const isEmpty = (s: Storage) => s.kind === 'temp' && !written.has(s);
  for (const launch of launches) {
    const empty = reads(launch).find(isEmpty);
    if (empty) throw new KernelError(`${launch.label}: reads ${empty.name}, which nothing has written`);
    for (const s of writes(launch)) written.add(s);
  }
  const unset = Object.keys(outputs).find((name) => isEmpty(rootOf(outputs[name]!.storage)));
  if (unset) throw new KernelError(`compile: nothing in this program writes the output ${unset}`);
}

/**
 * Plans a recording: dead launches dropped, constant ones hoisted, temporaries packed by lifetime.
 * @throws KernelError naming a launch that reads what it writes, or what nothing has written
 */
export function planLaunches(recording: Recording, outputs: Readonly<Record<string, Tensor>>): Plan {
  const results = new Set(Object.values(outputs).map((t) => rootOf(t.storage)));
  const live = alive(recording.launches, results);
  checkAliases(live);
  checkSources(live, outputs);
  const { once, each } = hoist(live);
  // The gaps between the parts of a whole stay zero only where no other tensor lies.
  const wholes = recording.parts.map(rootOf);
  const forever = new Set([...results, ...once.flatMap(writes), ...wholes]);
  return { once, each, slots: share(lifetimes([...once, ...each], forever)) };
}
