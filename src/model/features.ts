import type { Gpu } from '../runtime/gpu.ts';
import { clipText, clipVision } from './clip_spec.ts';
import { ClipTextEncoder } from './clip_text.ts';
import type { ClipTokenizer } from './clip_tokens.ts';
import { ClipVisionEncoder, clipInput } from './clip_vision.ts';
import { InceptionEncoder } from './inception.ts';
import { inceptionFile } from './inception_spec.ts';
import type { Picture } from './picture.ts';
import type { NamedArray } from './safetensors.ts';
import {
  STAND_IN_DIMENSIONS,
  STAND_IN_PROMPT_DIMENSIONS,
  standInPicture,
  standInPrompt,
} from './stand_in.ts';

/** Something that a feature can be taken of: pictures (squares are expected) or prompts. */
export interface Features<T> {
  /** For reports: which network or rule, without the file. */
  readonly name: string;
  /** Values of one feature. */
  readonly dimensions: number;
  /** @returns `[dimensions]` */
  of(thing: T): Promise<Float32Array>;
  dispose(): void;
}

/** The tensors of a safetensors file. */
export type Tensors = ReadonlyMap<string, NamedArray>;

/** The feature at length 1; zeros stay zeros. */
export function unit(feature: Float32Array): Float32Array {
  const length = Math.sqrt(feature.reduce((sum, v) => sum + v * v, 0));
  return length > 0 ? feature.map((v) => v / length) : feature;
}

/** Features of pictures without any weights, see {@link standInPicture}. */
export const standInPictures: Features<Picture> = {
  name: `stand-in (colour, light, edges and fixed random filters, ${STAND_IN_DIMENSIONS} values; no trained network)`,
  dimensions: STAND_IN_DIMENSIONS,
  of: async (picture) => standInPicture(picture),
  dispose: () => {},
};

/** Features of prompts without any weights, see {@link standInPrompt}. */
export const standInPrompts: Features<string> = {
  name: `stand-in (hashed words, ${STAND_IN_PROMPT_DIMENSIONS} values; no trained network)`,
  dimensions: STAND_IN_PROMPT_DIMENSIONS,
  of: async (prompt) => standInPrompt(prompt),
  dispose: () => {},
};

/** CLIP's embeddings of pictures, of length 1. @throws FormatError, KernelError */
export async function clipPictures(gpu: Gpu, tensors: Tensors): Promise<Features<Picture>> {
  const encoder = await ClipVisionEncoder.create(gpu, clipVision(tensors));
  const { size, dimensions } = encoder;
  return {
    name: `CLIP image tower (${size}x${size}, ${dimensions} values, length 1)`,
    dimensions,
    of: async (picture) => unit(await encoder.embed(clipInput(picture, size))),
    dispose: () => encoder.dispose(),
  };
}

/** CLIP's embeddings of prompts, of length 1. @throws FormatError, KernelError */
export async function clipPrompts(
  gpu: Gpu,
  tensors: Tensors,
  tokenizer: ClipTokenizer,
): Promise<Features<string>> {
  const file = clipText(tensors);
  const encoder = await ClipTextEncoder.create(gpu, file);
  const dimensions = file.arrays.get('text_projection.weight')?.shape[0] ?? file.tower.width;
  return {
    name: `CLIP text tower (${dimensions} values, length 1)`,
    dimensions,
    of: async (prompt) => unit((await encoder.encode(tokenizer.encode(prompt))).pooled),
    dispose: () => encoder.dispose(),
  };
}

/** Inception-V3's pool3 of pictures. @throws FormatError, KernelError */
export async function inceptionPictures(gpu: Gpu, tensors: Tensors): Promise<Features<Picture>> {
  const file = inceptionFile(tensors);
  const encoder = await InceptionEncoder.create(gpu, file);
  const { dimensions } = encoder;
  const whose = file.variant === 'fid' ? 'FID weights' : "torchvision's weights, not those of published FIDs";
  return {
    name: `Inception-V3 pool3 (${dimensions} values; ${whose}; resized as pytorch-fid does)`,
    dimensions,
    of: (picture) => encoder.embed(picture),
    dispose: () => encoder.dispose(),
  };
}
