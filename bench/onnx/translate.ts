import { product, type Shape } from '../../src/runtime/shape.ts';
import { channelsFirstShape, weightFirst } from '../graph/channels_first.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import type { FloatsByName } from '../graph/values.ts';
import type { Attribute, Initializer, OnnxGraph, OnnxNode } from './model.ts';

/** How attention is written: Microsoft's fused op, or as two products with a softmax between. */
export type AttentionForm = 'MultiHeadAttention' | 'MatMul';

const MICROSOFT = 'com.microsoft';
const EPSILON = { float: 1e-5 };

/** Collects ONNX nodes for one graph; pictures have their channels first. */
class Translation {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly inputs = new Map<string, Shape>();
  readonly names: string[] = [];

  readonly #graph: Graph;
  readonly #values: FloatsByName;
  readonly #form: AttentionForm;

  constructor(graph: Graph, values: FloatsByName, form: AttentionForm) {
    this.#graph = graph;
    this.#values = values;
    this.#form = form;
  }

  emit(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const name = `t${this.nodes.length}`;
    this.nodes.push({ type, inputs, outputs: [name], attributes, domain });
    return name;
  }

  #constant(shape: Shape, data: Initializer['data']): string {
    const name = `c${this.initializers.length}`;
    this.initializers.push({ name, shape, data });
    return name;
  }

  #floats(shape: Shape, value: number): string {
    return this.#constant(shape, new Float32Array(product(shape)).fill(value));
  }

  #reshape(x: string, shape: Shape): string {
    return this.emit('Reshape', [x, this.#constant([shape.length], shape)]);
  }

  #conv(node: GraphNode & { op: 'conv2d' }, [x, ...rest]: readonly string[]): string {
    const { stride, padding: p, reflect } = node;
    const strides = [stride, stride];
    if (!reflect) return this.emit('Conv', [x!, ...rest], { strides, pads: [p, p, p, p] });
    const pads = this.#constant([8], [0, 0, p, p, 0, 0, p, p]);
    return this.emit('Conv', [this.emit('Pad', [x!, pads], { mode: 'reflect' }), ...rest], { strides });
  }

  #norm(x: string, channels: number, affine: readonly string[]): string {
    const given = affine.length ? affine : [this.#floats([channels], 1), this.#floats([channels], 0)];
    return this.emit('InstanceNormalization', [x, ...given], { epsilon: EPSILON });
  }

  #geglu(x: string): string {
    const [a, b] = [`t${this.nodes.length}a`, `t${this.nodes.length}b`];
    this.nodes.push({ type: 'Split', inputs: [x], outputs: [a, b], attributes: { axis: -1 } });
    const erf = this.emit('Erf', [this.emit('Div', [b, this.#floats([], Math.SQRT2)])]);
    const half = this.emit('Mul', [b, this.emit('Add', [erf, this.#floats([], 1)])]);
    return this.emit('Mul', [a, this.emit('Mul', [half, this.#floats([], 0.5)])]);
  }

  #attention(node: GraphNode & { op: 'attention' }, names: readonly string[]): string {
    const { heads } = node;
    if (this.#form === 'MultiHeadAttention')
      return this.emit('MultiHeadAttention', names, { num_heads: heads }, MICROSOFT);
    const split = (i: number, perm: readonly number[]) => {
      const [b, l, width] = this.#graph.nodes[node.of[i]!]!.shape as [number, number, number];
      return this.emit('Transpose', [this.#reshape(names[i]!, [b, l, heads, width / heads])], { perm });
    };
    const [q, k, v] = [split(0, [0, 2, 1, 3]), split(1, [0, 2, 3, 1]), split(2, [0, 2, 1, 3])];
    const width = this.#graph.nodes[node.of[0]!]!.shape[2]!;
    const scores = this.emit('MatMul', [q, k]);
    const scaled = this.emit('Mul', [scores, this.#floats([], 1 / Math.sqrt(width / heads))]);
    const mixed = this.emit('MatMul', [this.emit('Softmax', [scaled], { axis: -1 }), v]);
    return this.#reshape(this.emit('Transpose', [mixed], { perm: [0, 2, 1, 3] }), node.shape);
  }

  #matmul([a, b, bias]: readonly string[]): string {
    const y = this.emit('MatMul', [a!, b!]);
    return bias ? this.emit('Add', [y, bias]) : y;
  }

  #tokens(x: string, [n, hw, c]: Shape): string {
    return this.emit('Transpose', [this.#reshape(x, [n!, c!, hw!])], { perm: [0, 2, 1] });
  }

  #source(node: GraphNode & { op: 'input' | 'weight' }): string {
    if (node.op === 'input') this.inputs.set(node.name, channelsFirstShape(node.shape));
    else {
      const { shape, data } = weightFirst(this.#values.get(node.name)!, node.kind);
      this.initializers.push({ name: node.name, shape, data });
    }
    return node.name;
  }

  #node(node: GraphNode): string {
    const of = node.of.map((i) => this.names[i]!);
    const [x] = of as [string];
    const axis = node.shape.length === 4 ? 1 : node.shape.length - 1;
    switch (node.op) {
      case 'input':
      case 'weight':
        return this.#source(node);
      case 'matmul':
        return this.#matmul(of);
      case 'conv2d':
        return this.#conv(node, of);
      case 'conv_transpose2d': {
        const { stride, padding: p, outputPadding: o } = node;
        const attributes = { strides: [stride, stride], pads: [p, p, p, p], output_padding: [o, o] };
        return this.emit('ConvTranspose', of, attributes);
      }
      case 'instance_norm':
        return this.#norm(x, node.shape.at(-1)!, of.slice(1));
      case 'layer_norm':
        return this.emit('LayerNormalization', of, { axis: -1, epsilon: EPSILON });
      case 'leaky_relu':
        return this.emit('LeakyRelu', of, { alpha: { float: node.slope } });
      case 'relu':
        return this.emit('Relu', of);
      case 'tanh':
        return this.emit('Tanh', of);
      case 'add':
        return this.emit('Add', of);
      case 'concat':
        return this.emit('Concat', of, { axis });
      case 'geglu':
        return this.#geglu(x);
      case 'attention':
        return this.#attention(node, of);
      case 'tokens':
        return this.#tokens(x, node.shape);
      case 'pixels': {
        const turned = this.emit('Transpose', [x], { perm: [0, 2, 1] });
        return this.#reshape(turned, channelsFirstShape(node.shape));
      }
    }
  }

  run(): OnnxGraph {
    for (const node of this.#graph.nodes) this.names.push(this.#node(node));
    const outputs = Object.entries(this.#graph.outputs).map(([name, id]) => {
      this.nodes.push({ type: 'Identity', inputs: [this.names[id]!], outputs: [name] });
      return [name, channelsFirstShape(this.#graph.nodes[id]!.shape)] as const;
    });
    const { nodes, initializers, inputs } = this;
    return { nodes, initializers, inputs, outputs: new Map(outputs) };
  }
}

/** A graph in ONNX's ops, weights as constants; pictures come in and out as `[n, c, h, w]`. */
export function toOnnx(graph: Graph, values: FloatsByName, form: AttentionForm): OnnxGraph {
  return new Translation(graph, values, form).run();
}
