import type { Array as JaxArray, lax as Lax, nn as Nn, numpy as Np } from '@jax-js/jax';
import { channelsFirstShape } from '../graph/channels_first.ts';
import { type Graph, type GraphNode, usesOf } from '../graph/graph.ts';

// A graph run with jax-js, pictures with channels first. Its arrays count references: an operation takes its arguments'
// away, and `.ref` keeps one for later.

/** The parts of jax-js that are used; it is imported when Node has a browser's globals. */
export interface Jax {
  readonly np: typeof Np;
  readonly lax: typeof Lax;
  readonly nn: typeof Nn;
  /** Transposed convolutions as plain ones over a picture with zeros between its pixels: their own gradient is wrong. */
  readonly zeros?: boolean;
}

/** x mirrored at its borders, `n` pixels wide. */
function reflect({ np }: Jax, x: JaxArray, n: number): JaxArray {
  let y = x;
  for (const axis of [2, 3]) {
    const size = y.shape[axis]!;
    const part = (from: number, to: number) => {
      const range: [number, number] = [from, to];
      return axis === 2 ? y.ref.slice([], [], range) : y.ref.slice([], [], [], range);
    };
    const [before, after] = [part(1, n + 1), part(size - 1 - n, size - 1)];
    y = np.concatenate([np.flip(before, axis), y, np.flip(after, axis)], axis);
  }
  return y;
}

/** (x - mean) / sqrt(variance + eps) over `axes`. */
function normalise({ np }: Jax, x: JaxArray, axes: number[]): JaxArray {
  const mean = np.mean(x.ref, axes, { keepdims: true });
  const centred = x.sub(mean);
  const variance = np.mean(np.square(centred.ref), axes, { keepdims: true });
  return centred.div(np.sqrt(variance.add(1e-5)));
}

const perChannel = (v: JaxArray): JaxArray => v.reshape([1, v.shape[0]!, 1, 1]);

function geglu({ nn }: Jax, x: JaxArray): JaxArray {
  const half = x.shape.at(-1)! / 2;
  const left = x.ref.slice([], [], [0, half]);
  return left.mul(nn.gelu(x.slice([], [], [half, 2 * half]), { approximate: false }));
}

function attention({ nn }: Jax, [q, k, v]: JaxArray[], heads: number): JaxArray {
  const split = (x: JaxArray) => {
    const [b, l, width] = x.shape as [number, number, number];
    return x.reshape([b, l, heads, width / heads]);
  };
  const y = nn.dotProductAttention(split(q!), split(k!), split(v!));
  const [b, l, h, d] = y.shape as [number, number, number, number];
  return y.reshape([b, l, h * d]);
}

/** A transposed convolution of stride 2 by its definition: zeros between pixels, the kernel turned round. */
function convolveZeros({ np, lax }: Jax, node: GraphNode, x: JaxArray, w: JaxArray): JaxArray {
  if (node.op !== 'conv_transpose2d' || node.stride !== 2) throw new Error('only stride 2 is written out');
  const { padding, outputPadding } = node;
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const after: [number, number] = [0, 1];
  const none: [number, number] = [0, 0];
  const apart = np.pad(x.reshape([n, c, height, 1, width, 1]), [none, none, none, after, none, after]);
  const before = w.shape[2]! - 1 - padding;
  // The last pixel has its zero too.
  const pad: [number, number] = [before, before + outputPadding - 1];
  const turned = np.flip(np.flip(np.transpose(w, [1, 0, 2, 3]), 2), 3);
  return lax.convGeneralDilated(apart.reshape([n, c, 2 * height, 2 * width]), turned, [1, 1], [pad, pad]);
}

function convolve(jax: Jax, node: GraphNode, [x, w, bias]: JaxArray[]): JaxArray {
  const { lax } = jax;
  let y: JaxArray;
  if (node.op === 'conv2d') {
    const { stride, padding: p } = node;
    const pads: [number, number][] = node.reflect
      ? [
          [0, 0],
          [0, 0],
        ]
      : [
          [p, p],
          [p, p],
        ];
    const from = node.reflect ? reflect(jax, x!, p) : x!;
    y = lax.convGeneralDilated(from, w!, [stride, stride], pads);
  } else if (node.op === 'conv_transpose2d' && jax.zeros) {
    y = convolveZeros(jax, node, x!, w!);
  } else if (node.op === 'conv_transpose2d') {
    const { stride, padding: p, outputPadding: o } = node;
    const pad: [number, number] = [p, p - o];
    const options = { transposeKernel: true };
    y = lax.convTranspose(x!, w!, [stride, stride], [pad, pad], options);
  } else throw new Error(`${node.op} is no convolution`);
  return bias ? y.add(perChannel(bias)) : y;
}

function compute(jax: Jax, node: GraphNode, of: JaxArray[]): JaxArray {
  const { np, nn } = jax;
  const [x, second, third] = of as [JaxArray, JaxArray, JaxArray];
  switch (node.op) {
    case 'matmul': {
      const y = np.matmul(x, second);
      return third ? y.add(third) : y;
    }
    case 'conv2d':
    case 'conv_transpose2d':
      return convolve(jax, node, of);
    case 'instance_norm': {
      const y = normalise(jax, x, [2, 3]);
      return second ? y.mul(perChannel(second)).add(perChannel(third)) : y;
    }
    case 'layer_norm':
      return normalise(jax, x, [-1]).mul(second).add(third);
    case 'relu':
      return nn.relu(x);
    case 'tanh':
      return np.tanh(x);
    case 'leaky_relu':
      return nn.leakyRelu(x, node.slope);
    case 'geglu':
      return geglu(jax, x);
    case 'add':
      return x.add(second);
    case 'concat':
      return np.concatenate(of, 1);
    case 'attention':
      return attention(jax, of, node.heads);
    case 'tokens': {
      const [n, hw, c] = node.shape as [number, number, number];
      return np.transpose(x.reshape([n, c, hw]), [0, 2, 1]);
    }
    case 'pixels':
      return np.transpose(x, [0, 2, 1]).reshape([...channelsFirstShape(node.shape)]);
    default:
      throw new Error(`${node.op} is not computed`);
  }
}

/** The outputs of a graph. @param named - inputs and weights; one reference of each is taken for each use of it */
export function runGraph(
  jax: Jax,
  graph: Graph,
  named: Readonly<Record<string, JaxArray>>,
): Record<string, JaxArray> {
  const left = usesOf(graph);
  const results: JaxArray[] = [];
  const take = (id: number): JaxArray => {
    const node = graph.nodes[id]!;
    if (node.op === 'input' || node.op === 'weight') return named[node.name]!.ref;
    return --left[id]! > 0 ? results[id]!.ref : results[id]!;
  };
  for (const [id, node] of graph.nodes.entries()) {
    if (node.op === 'input' || node.op === 'weight') continue;
    results[id] = compute(jax, node, node.of.map(take));
  }
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, id]) => [name, take(id)]));
}
