import type * as Tf from '@tensorflow/tfjs-core';
import type { Graph, GraphNode } from '../graph/graph.ts';

type T = Tf.Tensor;
type Tf4 = Tf.Tensor4D;

/** (x - mean) / sqrt(variance + eps) over `axes`. */
function normalise(tf: typeof Tf, x: T, axes: number[]): T {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
}

function convolve(tf: typeof Tf, node: GraphNode, [x, w, bias]: T[]): T {
  let y: T;
  if (node.op === 'conv2d') {
    const { stride, padding: p, reflect } = node;
    const pads: [number, number][] = [
      [0, 0],
      [p, p],
      [p, p],
      [0, 0],
    ];
    const from = reflect ? tf.mirrorPad(x!, pads, 'reflect') : x!;
    y = tf.conv2d(from as Tf4, w as Tf4, stride, reflect ? 'valid' : p);
  } else if (node.op === 'conv_transpose2d') {
    const shape = node.shape as [number, number, number, number];
    y = tf.conv2dTranspose(x as Tf4, w as Tf4, shape, node.stride, node.padding);
  } else throw new Error(`${node.op} is no convolution`);
  return bias ? tf.add(y, bias) : y;
}

function geglu(tf: typeof Tf, x: T): T {
  const [a, b] = tf.split(x, 2, -1) as [T, T];
  return tf.mul(a, tf.mul(tf.mul(b, 0.5), tf.add(tf.erf(tf.mul(b, Math.SQRT1_2)), 1)));
}

function attention(tf: typeof Tf, of: T[], heads: number): T {
  const split = (x: T) => {
    const [b, l, width] = x.shape as [number, number, number];
    return tf.transpose(tf.reshape(x, [b, l, heads, width / heads]), [0, 2, 1, 3]);
  };
  const [q, k, v] = of.map(split) as [T, T, T];
  const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(q.shape[3]!)), k, false, true);
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
  const [b, l, h, d] = mixed.shape as [number, number, number, number];
  return tf.reshape(mixed, [b, l, h * d]);
}

function matmul(tf: typeof Tf, [a, b, bias]: T[]): T {
  const rows = tf.reshape(a!, [-1, a!.shape.at(-1)!]);
  const y = tf.reshape(tf.matMul(rows, b!), [...a!.shape.slice(0, -1), b!.shape.at(-1)!]);
  return bias ? tf.add(y, bias) : y;
}

function compute(tf: typeof Tf, node: GraphNode, of: T[]): T {
  const [x, second, third] = of as [T, T, T];
  switch (node.op) {
    case 'matmul':
      return matmul(tf, of);
    case 'conv2d':
    case 'conv_transpose2d':
      return convolve(tf, node, of);
    case 'instance_norm': {
      const y = normalise(tf, x, [1, 2]);
      return second ? tf.add(tf.mul(y, second), third) : y;
    }
    case 'layer_norm':
      return tf.add(tf.mul(normalise(tf, x, [x.shape.length - 1]), second), third);
    case 'relu':
      return tf.relu(x);
    case 'tanh':
      return tf.tanh(x);
    case 'leaky_relu':
      return tf.leakyRelu(x, node.slope);
    case 'geglu':
      return geglu(tf, x);
    case 'add':
      return tf.add(x, second);
    case 'concat':
      return tf.concat(of, -1);
    case 'attention':
      return attention(tf, of, node.heads);
    case 'tokens':
    case 'pixels':
      return tf.reshape(x, [...node.shape]);
    default:
      throw new Error(`${node.op} is not computed`);
  }
}

/** The outputs of a graph. */
export function runGraph(tf: typeof Tf, graph: Graph, named: Readonly<Record<string, T>>): Record<string, T> {
  const results: T[] = [];
  for (const [id, node] of graph.nodes.entries()) {
    const given = node.op === 'input' || node.op === 'weight' ? named[node.name] : undefined;
    results[id] =
      given ??
      compute(
        tf,
        node,
        node.of.map((i) => results[i]!),
      );
  }
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, id]) => [name, results[id]!]));
}
