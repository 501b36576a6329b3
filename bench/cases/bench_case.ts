import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Prepared } from '../child.ts';
import { namedNodes } from '../graph/graph.ts';
import { drawValues, type FloatsByName } from '../graph/values.ts';
import type { Workload } from '../protocol.ts';
import type { Expected } from '../verdict.ts';

/** Libraries on WebGPU that ours is compared with. */
export type PeerName = 'onnxruntime' | 'jax-js' | 'tfjs';

/** One thing that is timed, described once: what it is, how ours does it, who else can. */
export interface BenchCase {
  readonly name: string;
  /** What the peers build; its name is the case's. */
  readonly workload: Workload;
  /** Floating-point operations of the products in one run. */
  readonly flops: number;
  /** Bytes that move at least in one run. */
  readonly bytes: number;
  /** How many times the speed of the best correct peer is wanted; null where there is no goal. */
  readonly target: number | null;
  /** Largest error as a share of the expected values' root mean square. */
  readonly tolerance: number;
  /** Expected values in float64, or null where libraries are compared with each other. */
  readonly reference: ((values: FloatsByName) => Expected[]) | null;
  /** Peers that cannot do it, and why. */
  readonly unable: Readonly<Partial<Record<PeerName, string>>>;
  /** Ways to write it for a peer, the best first; the next is tried where one gives wrong numbers. */
  readonly forms: Readonly<Partial<Record<PeerName, readonly string[]>>>;
  ours(gpu: Gpu, values: FloatsByName): Promise<Prepared>;
}

const NO_BACKWARD = 'onnxruntime has no gradients on WebGPU';

/** What every workload with gradients is for onnxruntime. */
export const forwardOnly = (differentiated: boolean): BenchCase['unable'] =>
  differentiated ? { onnxruntime: NO_BACKWARD } : {};

/** Seeded values of all that a workload names. */
export function caseValues({ workload: { graph, wanted, step } }: BenchCase): FloatsByName {
  const named = step
    ? new Map([...namedNodes(step.generator), ...namedNodes(step.discriminator)])
    : namedNodes(graph);
  if (step) {
    named.set('target', named.get('source')!);
    named.delete('picture');
  }
  if (wanted.length) named.set('dy', { shape: graph.nodes[graph.outputs.y!]!.shape, kind: 'input' });
  return drawValues(named);
}
