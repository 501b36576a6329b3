import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import { clipVisionForward, withoutQuickGelu } from './clip.ts';
import type { ClipFile } from './clip_spec.ts';
import { FormatError } from './format_error.ts';
import { FrozenWeights } from './frozen.ts';
import { Layers } from './layers.ts';
import type { Picture } from './picture.ts';
import { resampleSquare } from './resample.ts';

const MEAN = [0.48145466, 0.4578275, 0.40821073];
const STD = [0.26862954, 0.26130258, 0.27577711];
const PATCHES = 'vision_model.embeddings.patch_embedding.weight';
const CLASS = 'vision_model.embeddings.class_embedding';
const POSITIONS = 'vision_model.embeddings.position_embedding.weight';

/**
 * A picture as CLIP takes it: bicubic to `size` x `size`, clamped to bytes' range, (x / 255 - mean) / std per channel.
 * A picture that is no square is squeezed; CLIP's own recipe would cut it.
 */
export function clipInput(picture: Picture, size: number): Float32Array {
  const bytes = resampleSquare(picture, size, 'bicubic');
  return Float32Array.from(bytes, (value, i) => {
    const byte = Math.round(Math.min(255, Math.max(0, value)));
    return (byte / 255 - MEAN[i % 3]!) / STD[i % 3]!;
  });
}

/** CLIP's image tower on a device. */
export class ClipVisionEncoder {
  /** Edge of its pictures in pixels. */
  readonly size: number;
  /** Values of an embedding. */
  readonly dimensions: number;
  readonly #program: Program;
  readonly #weights: FrozenWeights;

  private constructor(program: Program, weights: FrozenWeights, size: number, dimensions: number) {
    this.#program = program;
    this.#weights = weights;
    this.size = size;
    this.dimensions = dimensions;
  }

  /** @throws FormatError where the position embeddings are not those of a square; KernelError */
  static async create(gpu: Gpu, { tower, arrays }: ClipFile): Promise<ClipVisionEncoder> {
    const [, , patch] = arrays.get(PATCHES)!.shape as [number, number, number];
    const [places] = arrays.get(POSITIONS)!.shape as [number];
    const [dimensions] = arrays.get('visual_projection.weight')!.shape as [number];
    const side = Math.sqrt(places - 1);
    if (!Number.isInteger(side)) throw new FormatError(`its ${places - 1} patches do not make a square`);
    const { shape, data } = arrays.get(CLASS)!;
    const rows = new Map([
      [CLASS, { shape: [1, ...shape], data }],
      [POSITIONS, arrays.get(POSITIONS)!],
    ]);
    const inside = new Map([...arrays].filter(([name]) => !rows.has(name)));
    const weights = new FrozenWeights(gpu, withoutQuickGelu(inside), rows);
    const layers = new Layers(weights.tensors);
    const embeddings = {
      classToken: weights.tensors.get(CLASS)!,
      positions: weights.tensors.get(POSITIONS)!,
    };
    const size = side * patch;
    const program = await gpu.compile(() => {
      const x = gpu.input('x', [1, size, size, 3]);
      return { y: clipVisionForward(layers, tower, x, patch, embeddings) };
    });
    return new ClipVisionEncoder(program, weights, size, dimensions);
  }

  /** The embedding of values by {@link clipInput}, `[dimensions]`, not normalised. */
  async embed(x: Float32Array): Promise<Float32Array> {
    return (await this.#program.run({ x })).y!;
  }

  dispose(): void {
    this.#program.dispose();
    this.#weights.dispose();
  }
}
