import { product } from '../../src/runtime/shape.ts';
import { type Graph, type GraphNode, namedNodes } from './graph.ts';

/** Operations of one product node; everything else is small beside them and counts as none. */
function productFlops({ nodes }: Graph, node: GraphNode): number {
  const shapeOf = (i: number) => nodes[node.of[i]!]!.shape;
  switch (node.op) {
    case 'matmul':
      return 2 * product(node.shape) * shapeOf(0).at(-1)!;
    case 'conv2d':
      return 2 * product(node.shape) * product(shapeOf(1).slice(0, 3));
    case 'conv_transpose2d':
      return 2 * product(shapeOf(0)) * product(shapeOf(1).slice(0, 3));
    case 'attention': {
      const [b, lq, width] = shapeOf(0) as [number, number, number];
      return 2 * b * lq * shapeOf(1)[1]! * (width + shapeOf(2)[2]!);
    }
    default:
      return 0;
  }
}

/** Floating-point operations of the products of one forward pass. */
export function forwardFlops(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + productFlops(graph, node), 0);
}

/**
 * Operations that the gradients by `wanted` add to the forward pass: a product costs once more for each factor that
 * hangs on a wanted tensor; attention costs 2.5 times its forward, for the scores are computed once again.
 */
export function gradientFlops(graph: Graph, wanted: ReadonlySet<string>): number {
  const tracked: boolean[] = [];
  let flops = 0;
  for (const [id, node] of graph.nodes.entries()) {
    tracked[id] =
      node.op === 'input' || node.op === 'weight' ? wanted.has(node.name) : node.of.some((i) => tracked[i]);
    const factors = node.of.slice(0, 2).filter((i) => tracked[i]).length;
    const times = node.op === 'attention' ? Number(tracked[id]) * 2.5 : factors;
    flops += times * productFlops(graph, node);
  }
  return flops;
}

/** Bytes that move at least: every input, weight and output once, f32. */
export function leastBytes(graph: Graph): number {
  const named = [...namedNodes(graph).values()].reduce((sum, { shape }) => sum + product(shape), 0);
  const outputs = Object.values(graph.outputs).reduce((sum, id) => sum + product(graph.nodes[id]!.shape), 0);
  return 4 * (named + outputs);
}
