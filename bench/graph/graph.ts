import type { Shape } from '../../src/runtime/shape.ts';

/** What a weight is, which says how files and other libraries lay it out. */
export type WeightKind = 'conv2d' | 'conv_transpose2d' | 'linear' | 'bias' | 'scale';

/** What one node computes from the nodes `of`, all in the runtime's layout: `[n, h, w, c]`, `[b, l, e]`, `[kh, kw, in, out]`. */
export type GraphOp =
  | { readonly op: 'input'; readonly name: string }
  | { readonly op: 'weight'; readonly name: string; readonly kind: WeightKind }
  /** of a, b; or of x, w and perhaps a bias. */
  | { readonly op: 'matmul' }
  /** of x, w and perhaps a bias. */
  | { readonly op: 'conv2d'; readonly stride: number; readonly padding: number; readonly reflect: boolean }
  /** of x, w and perhaps a bias; the output is `stride` times the input. */
  | {
      readonly op: 'conv_transpose2d';
      readonly stride: number;
      readonly padding: number;
      readonly outputPadding: number;
    }
  /** of x and perhaps weight and bias: over the pixels of each picture and channel, eps 1e-5. */
  | { readonly op: 'instance_norm' }
  /** of x, weight, bias: over the last dimension, eps 1e-5. */
  | { readonly op: 'layer_norm' }
  | { readonly op: 'relu' }
  | { readonly op: 'tanh' }
  | { readonly op: 'leaky_relu'; readonly slope: number }
  /** First half times gelu (by the error function) of the second. */
  | { readonly op: 'geglu' }
  | { readonly op: 'add' }
  /** Along channels. */
  | { readonly op: 'concat' }
  /** of q, k, v with interleaved heads; scores scaled by 1 / sqrt(d). */
  | { readonly op: 'attention'; readonly heads: number }
  /** `[n, h, w, c]` to `[n, h w, c]`. */
  | { readonly op: 'tokens' }
  /** `[n, h w, c]` to the node's shape. */
  | { readonly op: 'pixels' };

/** One node; its place in the list is its number. */
export type GraphNode = GraphOp & { readonly of: readonly number[]; readonly shape: Shape };

/** A network as plain data, for libraries that are not this one: they run it node by node. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly outputs: Readonly<Record<string, number>>;
}

/** A node while a graph is built. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
}

/** How a convolution moves. */
export interface Window {
  readonly stride?: number;
  readonly padding?: number;
  readonly reflect?: boolean;
}

/** Builds graphs; shapes are those that the ops of src/runtime would give. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];

  #add(op: GraphOp, of: readonly (Value | null)[], shape: Shape): Value {
    this.#nodes.push({ ...op, of: of.flatMap((v) => (v ? [v.id] : [])), shape });
    return { id: this.#nodes.length - 1, shape };
  }

  input(name: string, shape: Shape): Value {
    return this.#add({ op: 'input', name }, [], shape);
  }

  weight(name: string, kind: WeightKind, shape: Shape): Value {
    return this.#add({ op: 'weight', name, kind }, [], shape);
  }

  matmul(a: Value, b: Value, bias: Value | null = null): Value {
    return this.#add({ op: 'matmul' }, [a, b, bias], [...a.shape.slice(0, -1), b.shape.at(-1)!]);
  }

  conv2d(x: Value, w: Value, bias: Value | null, window: Window = {}): Value {
    const { stride = 1, padding = 0, reflect = false } = window;
    const length = (size: number, k: number) => Math.floor((size + 2 * padding - k) / stride) + 1;
    const [n, h, width] = x.shape as [number, number, number];
    const [kh, kw, , cout] = w.shape as [number, number, number, number];
    const shape = [n, length(h, kh), length(width, kw), cout];
    return this.#add({ op: 'conv2d', stride, padding, reflect }, [x, w, bias], shape);
  }

  convTranspose2d(x: Value, w: Value, bias: Value | null, padding: number, outputPadding: number): Value {
    const stride = 2;
    const [n, h, width] = x.shape as [number, number, number];
    const [k, , cout] = w.shape as [number, number, number];
    const length = (size: number) => (size - 1) * stride - 2 * padding + k + outputPadding;
    const shape = [n, length(h), length(width), cout];
    return this.#add({ op: 'conv_transpose2d', stride, padding, outputPadding }, [x, w, bias], shape);
  }

  instanceNorm(x: Value, affine: readonly [Value, Value] | null = null): Value {
    return this.#add({ op: 'instance_norm' }, [x, ...(affine ?? [])], x.shape);
  }

  layerNorm(x: Value, weight: Value, bias: Value): Value {
    return this.#add({ op: 'layer_norm' }, [x, weight, bias], x.shape);
  }

  relu(x: Value): Value {
    return this.#add({ op: 'relu' }, [x], x.shape);
  }

  tanh(x: Value): Value {
    return this.#add({ op: 'tanh' }, [x], x.shape);
  }

  leakyRelu(x: Value, slope: number): Value {
    return this.#add({ op: 'leaky_relu', slope }, [x], x.shape);
  }

  geglu(x: Value): Value {
    return this.#add({ op: 'geglu' }, [x], [...x.shape.slice(0, -1), x.shape.at(-1)! / 2]);
  }

  add(a: Value, b: Value): Value {
    return this.#add({ op: 'add' }, [a, b], a.shape);
  }

  concat(a: Value, b: Value): Value {
    return this.#add({ op: 'concat' }, [a, b], [...a.shape.slice(0, -1), a.shape.at(-1)! + b.shape.at(-1)!]);
  }

  attention(q: Value, k: Value, v: Value, heads: number): Value {
    return this.#add({ op: 'attention', heads }, [q, k, v], [...q.shape.slice(0, -1), v.shape.at(-1)!]);
  }

  tokens(x: Value): Value {
    const [n, h, w, c] = x.shape as [number, number, number, number];
    return this.#add({ op: 'tokens' }, [x], [n, h * w, c]);
  }

  pixels(x: Value, shape: Shape): Value {
    return this.#add({ op: 'pixels' }, [x], shape);
  }

  finish(outputs: Readonly<Record<string, Value>>): Graph {
    const ids = Object.entries(outputs).map(([name, { id }]) => [name, id] as const);
    return { nodes: this.#nodes, outputs: Object.fromEntries(ids) };
  }
}

/** Inputs and weights with their shapes, by name. */
export function namedNodes(graph: Graph): Map<string, { shape: Shape; kind: WeightKind | 'input' }> {
  const named = new Map<string, { shape: Shape; kind: WeightKind | 'input' }>();
  for (const node of graph.nodes) {
    if (node.op === 'input') named.set(node.name, { shape: node.shape, kind: 'input' });
    else if (node.op === 'weight') named.set(node.name, { shape: node.shape, kind: node.kind });
  }
  return named;
}

/** How often each node is read, its being an output included: libraries that count references need it. */
export function usesOf({ nodes, outputs }: Graph): number[] {
  const uses = nodes.map(() => 0);
  for (const id of [...nodes.flatMap((node) => node.of), ...Object.values(outputs)]) uses[id]!++;
  return uses;
}
