import { z } from 'zod';
import type { Layers } from '../../src/model/layers.ts';
import type { AdaptableModule } from '../../src/model/match_adapter.ts';
import { attention } from '../../src/runtime/ops/attention.ts';
import { layerNorm } from '../../src/runtime/ops/layer_norm.ts';
import type { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { pair, readAttrs, Unsupported } from './attrs.ts';
import type { Traced } from './evaluate.ts';
import { OPS } from './op_table.ts';

/** A network as a list of nodes in the order in which they run. */
export const graphSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      op: z.string(),
      inputs: z.array(z.string()),
      attrs: z.record(z.string(), z.unknown()),
    }),
  ),
});

export type Graph = z.output<typeof graphSchema>;

/** What a node may use: its weights are those of the layer with its name. */
interface Place {
  readonly tape: Tape | null;
  readonly layers: Layers;
  readonly name: string;
}

type Node = (place: Place, inputs: readonly Tensor[], attrs: unknown) => Tensor;

function node<S extends z.ZodRawShape>(
  shape: S,
  run: (place: Place, inputs: readonly Tensor[], attrs: z.output<z.ZodObject<S>>) => Tensor,
): Node {
  return (place, inputs, attrs) => run(place, inputs, readAttrs(shape, attrs));
}

const whole = z.int().nonnegative();
const sizes = { cin: whole, cout: whole, bias: z.boolean().optional() };
const window = { ...sizes, k: pair, s: pair, p: pair };

const NODES: Readonly<Record<string, Node>> = {
  conv2d: node(window, ({ tape, layers, name }, [x], { s, p }) =>
    layers.conv2d(tape, name, x!, { stride: s, padding: p }),
  ),
  conv_transpose2d: node(
    { ...window, output_padding: pair },
    ({ tape, layers, name }, [x], { s, p, output_padding }) =>
      layers.convTranspose2d(tape, name, x!, { stride: s, padding: p, outputPadding: output_padding }),
  ),
  linear: node(sizes, ({ tape, layers, name }, [x]) => layers.linear(tape, name, x!)),
  layer_norm: node({ dim: whole, eps: z.number() }, ({ tape, layers, name }, [x], { eps }) =>
    layerNorm(tape, x!, layers.norm(name), { eps }),
  ),
  sdpa_multihead: node({ heads: whole, scale: z.number() }, ({ tape }, [q, k, v], options) =>
    attention(tape, q!, k!, v!, options),
  ),
  nchw_to_tokens: node({}, (_, [x]) => {
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    return x!.view([n, h * w, c]);
  }),
  tokens_to_nchw: node({}, (_, [x, like]) => x!.view(like!.shape)),
};

/** Ops without weights that mean the same in a graph as in a case of their own. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['relu', 'leaky_relu', 'tanh', 'sigmoid', 'silu', 'gelu', 'geglu', 'add', 'instance_norm'],
  ...['pad2d', 'interpolate', 'pixel_shuffle', 'avg_pool2d', 'max_pool2d'],
]);

function plainNode(op: string): Node | undefined {
  const row = PLAIN.has(op) ? OPS.get(op) : undefined;
  return row && (({ tape }, [x, b], attrs) => row(attrs).trace(tape, b ? { a: x!, b } : { x: x! }, {}));
}

/** @returns the last node's value. @throws Unsupported naming an op */
export function traceGraph(tape: Tape | null, { nodes }: Graph, layers: Layers, inputs: Traced): Tensor {
  const values = new Map(Object.entries(inputs));
  let last: Tensor | undefined;
  for (const { name, op, inputs: from, attrs } of nodes) {
    const run = Object.hasOwn(NODES, op) ? NODES[op] : plainNode(op);
    if (!run) throw new Unsupported(`unsupported op ${op} of node ${name}`);
    const given = from.map((source) => {
      const value = values.get(source);
      if (!value) throw new Error(`node ${name}: no input ${source} before it`);
      return value;
    });
    last = run({ tape, layers, name }, given, attrs);
    values.set(name, last);
  }
  if (!last) throw new Error('the graph has no nodes');
  return last;
}

const ADAPTABLE: ReadonlySet<string> = new Set(['linear', 'conv2d', 'conv_transpose2d']);

/** The layers that an adapter can change, by path. @param shapes - of the weights, in files */
export function adaptableModules(
  { nodes }: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, AdaptableModule> {
  const modules = new Map<string, AdaptableModule>();
  for (const { name, op } of nodes) {
    const weightShape = shapes.get(`${name}.weight`);
    if (weightShape && ADAPTABLE.has(op))
      modules.set(name, { kind: op as AdaptableModule['kind'], weightShape });
  }
  return modules;
}
