import { product } from '../runtime/shape.ts';
import { type ComodganConfig, comodganSpecs } from './comodgan_spec.ts';
import { type DiscriminatorConfig, discriminatorSpecs } from './discriminator.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import { type LayerSpec, parameterShapes } from './layers.ts';
import { loraShapes, pairShapes, type Ranks } from './lora.ts';
import { type ResnetConfig, resnetSpecs } from './resnet.ts';
import { PROMPT_TOKENS } from './text.ts';
import { UNET_DEPTH, type UnetConfig, unetSpecs } from './unet.ts';

/** Width and height of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** What one layer costs; `macs` are multiply-accumulates for one picture, half as many as the engine's flops. */
export interface LayerCost {
  readonly path: string;
  readonly weights: number;
  readonly macs: number;
}

/** What a network costs, layer by layer in the order of its forward pass, and in all. */
export interface NetworkCost {
  readonly layers: readonly LayerCost[];
  readonly weights: number;
  readonly macs: number;
}

/** A layer at a size of picture. */
export interface PlacedLayer {
  readonly spec: LayerSpec;
  /** How often its kernel is applied: once per output of a convolution, input of a transposed one, token of a linear layer. */
  readonly kernels: number;
  /** Places of its output. */
  readonly outputs: number;
}

/**
 * A network to count. Any object will do: a chain of layers comes from `chain`, a network of another form gives its
 * layers itself, or says what they cost in `others`.
 */
export interface CountedNetwork {
  /** Layers with weights that follow a LayerSpec. @throws Error where the network takes no picture of that size */
  layers(size: PictureSize): readonly PlacedLayer[];
  /** What has no LayerSpec: products of values with values, modulated convolutions. */
  others?(size: PictureSize): readonly LayerCost[];
}

/** How a chain differs from convolutions that keep the size. */
interface Chain {
  /** Sides must be multiples of this. */
  readonly multiple: number;
  /** Convolutions of stride 2. */
  isHalving(path: string): boolean;
  /** Tokens of linear layers that do not read the picture. */
  tokens?(path: string): number | undefined;
}

/** A side after a convolution whose padding keeps it, but for even kernels, which lose one. */
const afterConv = (side: number, kernel: number, stride: number): number =>
  Math.floor((side + 2 * Math.floor((kernel - 1) / 2) - kernel) / stride) + 1;

/** A network whose layers follow each other; transposed convolutions double the sides. */
function chain(specs: readonly LayerSpec[], { multiple, isHalving, tokens }: Chain): CountedNetwork {
  const place = (spec: LayerSpec, { width, height }: PictureSize): PictureSize => {
    if (spec.kind === 'conv_transpose2d') return { width: 2 * width, height: 2 * height };
    if (spec.kind !== 'conv2d') return { width, height };
    const side = (n: number) => afterConv(n, spec.weight[2]!, isHalving(spec.path) ? 2 : 1);
    return { width: side(width), height: side(height) };
  };
  return {
    layers(size) {
      if (size.width % multiple || size.height % multiple || !size.width || !size.height)
        throw new Error(`pictures must be multiples of ${multiple} pixels, not ${size.width}x${size.height}`);
      let at = size;
      return specs.map((spec) => {
        const before = at;
        at = place(spec, before);
        const outputs = tokens?.(spec.path) ?? at.width * at.height;
        const inputs = before.width * before.height;
        return { spec, kernels: spec.kind === 'conv_transpose2d' ? inputs : outputs, outputs };
      });
    },
  };
}

/** An E2GAN generator: its layers, and the products of attention, 2 · queries · keys · width each. */
export function countedGenerator(config: GeneratorConfig): CountedNetwork {
  const isContext = (path: string) => path === 'tb.cross.k' || path === 'tb.cross.v';
  const network = chain(generatorSpecs(config), {
    multiple: 8,
    isHalving: (path) => ['down1', 'down2', 'ds'].includes(path),
    tokens: (path) => (isContext(path) ? PROMPT_TOKENS : undefined),
  });
  return {
    ...network,
    others({ width, height }) {
      const tokens = (width / 8) * (height / 8);
      const macs = (keys: number) => 2 * tokens * keys * 4 * config.width;
      return [
        { path: 'tb.self.attention', weights: 0, macs: macs(tokens) },
        { path: 'tb.cross.attention', weights: 0, macs: macs(PROMPT_TOKENS) },
      ];
    },
  };
}

/** A 70x70 PatchGAN. */
export const countedDiscriminator = (config: DiscriminatorConfig): CountedNetwork =>
  chain(discriminatorSpecs(config), {
    multiple: 8,
    isHalving: (path) => ['conv1', 'conv2', 'conv3'].includes(path),
  });

/** pix2pix's ResNet generator. */
export const countedResnet = (config: ResnetConfig): CountedNetwork =>
  chain(resnetSpecs(config), {
    multiple: 4,
    isHalving: (path) => path === 'model.4' || path === 'model.7',
  });

/** pix2pix's U-Net. */
export const countedUnet = (config: UnetConfig): CountedNetwork =>
  chain(unetSpecs(config), {
    multiple: 2 ** (config.depth ?? UNET_DEPTH),
    isHalving: (path) => path.startsWith('down'),
  });

/**
 * Co-Mod-GAN's generator. A kernel is applied at the smaller of what goes in and what comes out; styles and mapping, once a
 * picture.
 */
export const countedComodgan = (config: ComodganConfig): CountedNetwork => ({
  layers({ width, height }) {
    const { edge } = config;
    if (width !== edge || height !== edge)
      throw new Error(`pictures must be ${edge}x${edge} pixels, not ${width}x${height}`);
    return comodganSpecs(config).map((spec) => {
      const once = spec.kind === 'linear' || spec.kind === 'norm';
      const kernels = once ? 1 : comodganPlaces(spec.path, edge);
      return { spec, kernels, outputs: kernels };
    });
  },
});

function comodganPlaces(path: string, edge: number): number {
  if (path === 'encoder.rgb') return edge ** 2;
  const block = Number(/\.b(\d+)\./.exec(path)![1]);
  return path.endsWith('.down') || path.endsWith('.up') ? (block / 2) ** 2 : block ** 2;
}

const total = (layers: readonly LayerCost[]): NetworkCost => ({
  layers,
  weights: layers.reduce((sum, { weights }) => sum + weights, 0),
  macs: layers.reduce((sum, { macs }) => sum + macs, 0),
});

/** Number of weights, biases among them. */
export const weightCount = (specs: readonly LayerSpec[]): number =>
  [...parameterShapes(specs).values()].reduce((sum, shape) => sum + product(shape), 0);

/**
 * Weights and multiply-accumulates of a network for one picture. Counted is what the mathematics needs: a transposed
 * convolution is `in · out · k² · inputs`, norms, activations, biases and padding count nothing, and the keys and values
 * of the prompt are counted although they are the same for every frame.
 *
 * @throws Error where the network takes no picture of that size
 */
export function networkCost(network: CountedNetwork, size: PictureSize): NetworkCost {
  const layers = network.layers(size).map(({ spec, kernels }) => ({
    path: spec.path,
    weights: weightCount([spec]),
    macs: spec.kind === 'norm' ? 0 : product(spec.weight) * kernels,
  }));
  return total([...layers, ...(network.others?.(size) ?? [])]);
}

/**
 * What an adapter adds while it is beside the weights: A at the layer's kernels, B at its outputs. Merged it adds nothing.
 *
 * @throws Error naming a layer that the network lacks or that takes no LoRA
 */
export function adapterCost(network: CountedNetwork, ranks: Ranks, size: PictureSize): NetworkCost {
  const placed = network.layers(size);
  loraShapes(
    placed.map(({ spec }) => spec),
    ranks,
  );
  return total(
    placed.flatMap(({ spec, kernels, outputs }) => {
      const rank = ranks.get(spec.path);
      if (rank === undefined) return [];
      const { A, B } = pairShapes(spec, rank);
      const macs = product(A) * kernels + product(B) * outputs;
      return [{ path: spec.path, weights: product(A) + product(B), macs }];
    }),
  );
}

/** What is trained in a step; `discriminator` is its cost for one picture, or 0 to leave it out. */
export interface TrainedCost {
  readonly generator: number;
  readonly discriminator: number;
  /** Whether an adapter is trained, and not all weights. */
  readonly adapter: boolean;
}

/**
 * Multiply-accumulates of a training step for one pair, by the convention under which the published training costs come
 * out: forward and backward of the generator are 3 forwards where all weights are trained and 2 where an adapter is (no
 * gradients of frozen weights; the adapter's own products are not counted), the discriminator is 8 (3 on each of real and
 * fake, 2 on the way to the generator). Published "training FLOPs" are these, with a multiply-accumulate as one FLOP, times
 * pairs and epochs.
 */
export const trainingMacs = ({ generator, discriminator, adapter }: TrainedCost): number =>
  (adapter ? 2 : 3) * generator + 8 * discriminator;
