import { createHash } from 'node:crypto';
import type { Access, AnyKernel } from '#kernels/kernel.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Plan } from '../../src/runtime/plan.ts';
import { type Launch, Recording, reads, writes } from '../../src/runtime/recording.ts';
import type { Shape } from '../../src/runtime/shape.ts';
import { newStorage, type Storage, Tensor } from '../../src/runtime/tensor.ts';
import type { Random } from '../../src/train/random.ts';

// The planner looks at storages alone: no device is needed to plan, and none to say what a plan computes.
const gpu = {} as Gpu;

/** Launches by hand, for planning without a device. */
export class Graph {
  readonly recording = new Recording();
  readonly parameters: Tensor[] = [];

  temp(shape: Shape = [4]): Tensor {
    return new Tensor(gpu, shape, this.recording.temp(shape));
  }

  input(name: string): Tensor {
    const tensor = new Tensor(gpu, [4], newStorage('input', name, [4]));
    this.recording.inputs.set(name, tensor);
    return tensor;
  }

  parameter(name: string): Tensor {
    const tensor = new Tensor(gpu, [4], newStorage('parameter', name, [4]));
    this.parameters.push(tensor);
    return tensor;
  }

  launch(label: string, from: readonly Tensor[], to: readonly Tensor[]): Launch {
    const binding = (access: Access) => (_: Tensor, i: number) => ({ name: `${access}${i}`, access });
    const bindings = [...from.map(binding('read')), ...to.map(binding('read_write'))];
    const kernel: AnyKernel = {
      name: label,
      source: '',
      imports: [],
      bindings,
      params: [],
      overrides: [],
      specials: [],
      cores: {},
    };
    const rest = { kernel, core: null, params: {}, overrides: {}, specials: {}, flops: 0, choice: null };
    const launch: Launch = { label, tensors: [...from, ...to], groups: [1, 1, 1], ...rest };
    this.recording.launches.push(launch);
    return launch;
  }
}

/** What storages hold, as strings that say how the value came about. */
export type Values = Map<unknown, string>;

const hash = (text: string): string => createHash('sha1').update(text).digest('base64');

/**
 * Runs launches by the definition: each replaces what it writes by an expression of all it reads, and of what was
 * there, unless it is the first to write a temporary. `placeOf` says where a storage lies; two storages in one place
 * overwrite each other.
 */
export function interpret(
  launches: readonly Launch[],
  values: Values,
  placeOf: (s: Storage) => unknown,
): void {
  const written = new Set<Storage>();
  for (const launch of launches) {
    const read = reads(launch).map((s) => values.get(placeOf(s)));
    writes(launch).forEach((s, i) => {
      const before = s.kind === 'parameter' || written.has(s) ? values.get(placeOf(s)) : '';
      values.set(placeOf(s), hash(`${launch.label}.${i}(${read.join()};${before})`));
      written.add(s);
    });
  }
}

/** Where a plan puts each storage: its slot, or itself where it has a buffer of its own. */
export function placesOf(plan: Plan): (s: Storage) => unknown {
  const slots = new Map(plan.slots.flatMap((slot) => slot.storages.map((s) => [s, slot] as const)));
  return (s) => slots.get(s) ?? s;
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random.integer(from.length)]!;

/** Mostly new temporaries; now and then a parameter or a temporary that is updated in place. */
function targets(random: Random, graph: Graph, temps: readonly Tensor[]): Tensor[] {
  const chance = random.next();
  if (chance < 0.15) return [pick(random, graph.parameters)];
  if (chance < 0.25 && temps.length) return [pick(random, temps)];
  return Array.from({ length: 1 + random.integer(2) }, () => graph.temp([4 * (1 + random.integer(8))]));
}

/** A seeded graph: temporaries of several sizes, updates in place, several outputs, some dead ends. */
export function randomGraph(random: Random): { graph: Graph; outputs: Record<string, Tensor> } {
  const graph = new Graph();
  const sources = [graph.input('image'), graph.input('noise')];
  for (let i = 0; i < 4; i++) sources.push(graph.parameter(`w${i}`));
  const temps: Tensor[] = [];
  for (let n = 5 + random.integer(25); n > 0; n--) {
    const to = targets(random, graph, temps);
    const from = Array.from({ length: random.integer(4) }, () => pick(random, [...sources, ...temps]));
    graph.launch(
      `op${n}`,
      from.filter((t) => to.every((w) => w.storage !== t.storage)),
      to,
    );
    temps.push(...to.filter((t) => t.storage.kind === 'temp' && !temps.includes(t)));
  }
  const chosen = Array.from({ length: 1 + random.integer(3) }, () => pick(random, [...temps, ...sources]));
  return { graph, outputs: Object.fromEntries(chosen.map((t, i) => [`y${i}`, t])) };
}
