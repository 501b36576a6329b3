import { type DiscriminatorConfig, discriminatorSpecs } from '../../src/model/discriminator.ts';
import { type GeneratorConfig, generatorSpecs } from '../../src/model/generator_spec.ts';
import { biasLength, type LayerSpec } from '../../src/model/layers.ts';
import { runtimeShape } from '../../src/model/layout.ts';
import { pairShapes, type Ranks } from '../../src/model/lora.ts';
import { type ResnetConfig, resnetSpecs } from '../../src/model/resnet.ts';
import { PROMPT_TOKENS } from '../../src/model/text.ts';
import { type UnetConfig, unetSpecs } from '../../src/model/unet.ts';
import { type Graph, GraphBuilder, type Value, type WeightKind, type Window } from './graph.ts';

// The networks of src/model once more, as data for other libraries. That they are the same is not trusted: a case is
// only timed where this and the program of src/model give the same numbers.

const DOWN = { stride: 2, padding: 1 };

/** Layers of a network, their weights declared where they are used. */
class Network {
  readonly #specs: ReadonlyMap<string, LayerSpec>;
  readonly #prefix: string;
  readonly #ranks: Ranks;
  readonly g: GraphBuilder;

  constructor(g: GraphBuilder, specs: readonly LayerSpec[], prefix: string, ranks: Ranks = new Map()) {
    this.g = g;
    this.#specs = new Map(specs.map((spec) => [spec.path, spec]));
    this.#prefix = prefix;
    this.#ranks = ranks;
  }

  #weights(path: string): { spec: LayerSpec; w: Value; b: Value | null } {
    const spec = this.#specs.get(path);
    if (!spec) throw new Error(`no layer ${path}`);
    const kind: WeightKind = spec.kind === 'norm' ? 'scale' : spec.kind;
    const w = this.g.weight(`${this.#prefix}${path}.weight`, kind, runtimeShape(spec.weight));
    const b = spec.bias ? this.g.weight(`${this.#prefix}${path}.bias`, 'bias', [biasLength(spec)]) : null;
    return { spec, w, b };
  }

  /** y plus B(A(x)) where the layer is adapted: `low` is the layer's own product with A for its weight. */
  #adapted(spec: LayerSpec, y: Value, low: (A: Value) => Value): Value {
    const rank = this.#ranks.get(spec.path);
    if (!rank || spec.kind === 'norm') return y;
    const { A, B } = pairShapes(spec, rank);
    const a = low(this.g.weight(`lora.${spec.path}.lora_A`, spec.kind, runtimeShape(A)));
    const kind = spec.kind === 'linear' ? 'linear' : 'conv2d';
    const b = this.g.weight(`lora.${spec.path}.lora_B`, kind, runtimeShape(B));
    return this.g.add(y, spec.kind === 'linear' ? this.g.matmul(a, b) : this.g.conv2d(a, b, null));
  }

  conv(path: string, x: Value, window: Window): Value {
    const { spec, w, b } = this.#weights(path);
    return this.#adapted(spec, this.g.conv2d(x, w, b, window), (A) => this.g.conv2d(x, A, null, window));
  }

  up(path: string, x: Value, outputPadding: number): Value {
    const { spec, w, b } = this.#weights(path);
    const run = (weight: Value, bias: Value | null) =>
      this.g.convTranspose2d(x, weight, bias, 1, outputPadding);
    return this.#adapted(spec, run(w, b), (A) => run(A, null));
  }

  linear(path: string, x: Value): Value {
    const { spec, w, b } = this.#weights(path);
    return this.#adapted(spec, this.g.matmul(x, w, b), (A) => this.g.matmul(x, A));
  }

  layerNorm(path: string, x: Value): Value {
    const { w, b } = this.#weights(path);
    return this.g.layerNorm(x, w, b!);
  }

  affineNorm(path: string, x: Value): Value {
    const { w, b } = this.#weights(path);
    return this.g.instanceNorm(x, [w, b!]);
  }

  normRelu(x: Value): Value {
    return this.g.relu(this.g.instanceNorm(x));
  }
}

function residualBlock(net: Network, paths: readonly [string, string], x: Value): Value {
  const window = { padding: 1, reflect: true };
  const inner = net.normRelu(net.conv(paths[0], x, window));
  return net.g.add(net.g.instanceNorm(net.conv(paths[1], inner, window)), x);
}

function attend(
  net: Network,
  path: string,
  ln: string,
  t: Value,
  context: Value | null,
  heads: number,
): Value {
  const normed = net.layerNorm(ln, t);
  const source = context ?? normed;
  const [q, k, v] = [
    net.linear(`${path}.q`, normed),
    net.linear(`${path}.k`, source),
    net.linear(`${path}.v`, source),
  ];
  return net.g.add(net.linear(`${path}.out`, net.g.attention(q, k, v, heads)), t);
}

function transformerBlock(net: Network, x: Value, context: Value, heads: number): Value {
  const tokens = net.g.tokens(x);
  let t = net.linear('tb.proj_in', tokens);
  t = attend(net, 'tb.self', 'tb.ln1', t, null, heads);
  t = attend(net, 'tb.cross', 'tb.ln2', t, context, heads);
  const hidden = net.g.geglu(net.linear('tb.ff.in', net.layerNorm('tb.ln3', t)));
  t = net.g.add(net.linear('tb.ff.out', hidden), t);
  return net.g.pixels(net.g.add(net.linear('tb.proj_out', t), tokens), x.shape);
}

/** src/model/generator.ts for configurations without skips. Inputs `source`, `context`; output `y`. */
export function generatorGraph(
  config: GeneratorConfig,
  edge: number,
  ranks: Ranks = new Map(),
  prefix = '',
): Graph {
  if (config.skips) throw new Error('the generator with skips has no graph: peers are compared on paper');
  const g = new GraphBuilder();
  const net = new Network(g, generatorSpecs(config), prefix, ranks);
  const context = g.input('context', [1, PROMPT_TOKENS, config.context]);
  const seven = { padding: 3, reflect: true };
  const residual = (path: string, x: Value) => residualBlock(net, [`${path}.conv1`, `${path}.conv2`], x);
  let y = net.normRelu(net.conv('stem', g.input('source', [1, edge, edge, 3]), seven));
  for (const path of ['down1', 'down2']) y = net.normRelu(net.conv(path, y, DOWN));
  for (const path of ['rb1', 'rb2']) y = residual(path, y);
  y = net.normRelu(net.conv('ds', y, DOWN));
  y = transformerBlock(net, y, context, config.heads);
  y = residual('rb3', net.normRelu(net.up('us', y, 1)));
  for (const path of ['up1', 'up2']) y = net.normRelu(net.up(path, y, 1));
  return g.finish({ y: g.tanh(net.conv('head', y, seven)) });
}

/** src/model/discriminator.ts. Inputs `source`, `picture`; output `score`. */
export function discriminatorGraph(config: DiscriminatorConfig, edge: number, prefix = ''): Graph {
  const g = new GraphBuilder();
  const net = new Network(g, discriminatorSpecs(config), prefix);
  const shape = [1, edge, edge, config.channels / 2];
  let y = g.concat(g.input('source', shape), g.input('picture', shape));
  y = g.leakyRelu(net.conv('conv1', y, DOWN), 0.2);
  for (const [path, stride] of [
    ['conv2', 2],
    ['conv3', 2],
    ['conv4', 1],
  ] as const)
    y = g.leakyRelu(g.instanceNorm(net.conv(path, y, { stride, padding: 1 })), 0.2);
  return g.finish({ score: net.conv('score', y, { padding: 1 }) });
}

/** src/model/resnet.ts. Input `source`, output `y`. */
export function resnetGraph(config: ResnetConfig, edge: number): Graph {
  const { blocks } = config;
  const g = new GraphBuilder();
  const net = new Network(g, resnetSpecs(config), '');
  const seven = { padding: 3, reflect: true };
  let y = net.normRelu(net.conv('model.1', g.input('source', [1, edge, edge, 3]), seven));
  for (const path of ['model.4', 'model.7']) y = net.normRelu(net.conv(path, y, DOWN));
  for (let i = 10; i < 10 + blocks; i++) {
    y = residualBlock(net, [`model.${i}.conv_block.1`, `model.${i}.conv_block.5`], y);
  }
  for (const i of [10, 13]) y = net.normRelu(net.up(`model.${i + blocks}`, y, 1));
  return g.finish({ y: g.tanh(net.conv(`model.${17 + blocks}`, y, seven)) });
}

/** src/model/unet.ts at batch 1, where batch norm by the batch's own statistics is instance norm. */
export function unetGraph(config: UnetConfig, edge: number): Graph {
  const depth = 8;
  const g = new GraphBuilder();
  const net = new Network(g, unetSpecs(config), '');
  const skips: Value[] = [];
  let y = net.conv('down1', g.input('source', [1, edge, edge, 3]), DOWN);
  for (let level = 2; level <= depth; level++) {
    skips.push(y);
    y = net.conv(`down${level}`, g.leakyRelu(y, 0.2), DOWN);
    if (level < depth) y = net.affineNorm(`down${level}.norm`, y);
  }
  for (let level = depth; level > 1; level--) {
    const up = net.affineNorm(`up${level}.norm`, net.up(`up${level}`, g.relu(y), 0));
    y = g.concat(skips.pop()!, up);
  }
  return g.finish({ y: g.tanh(net.up('up1', g.relu(y), 0)) });
}
