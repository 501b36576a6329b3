import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import { clipTextForward, withoutQuickGelu } from './clip.ts';
import type { ClipFile } from './clip_spec.ts';
import type { ClipTokens } from './clip_tokens.ts';
import { FormatError } from './format_error.ts';
import { FrozenWeights } from './frozen.ts';
import { Layers } from './layers.ts';
import type { FloatArray } from './safetensors.ts';
import { PROMPT_TOKENS } from './text.ts';

const TOKENS = 'text_model.embeddings.token_embedding.weight';
const POSITIONS = 'text_model.embeddings.position_embedding.weight';

/** What the text tower makes of a prompt. */
export interface EncodedPrompt {
  /** `[77, width]` */
  readonly tokens: Float32Array;
  /** The end token's state, projected into the space of pictures where the file has a projection. */
  readonly pooled: Float32Array;
}

/** CLIP's text tower on a device. The token table stays on the host: a prompt needs 77 of its 49,408 rows. */
export class ClipTextEncoder {
  readonly #program: Program;
  readonly #weights: FrozenWeights;
  readonly #table: FloatArray;
  readonly #positions: FloatArray;

  private constructor(program: Program, weights: FrozenWeights, table: FloatArray, positions: FloatArray) {
    this.#program = program;
    this.#weights = weights;
    this.#table = table;
    this.#positions = positions;
  }

  /** @throws FormatError where the file's tower has another length than 77; KernelError */
  static async create(gpu: Gpu, { tower, arrays }: ClipFile): Promise<ClipTextEncoder> {
    const [table, positions] = [arrays.get(TOKENS)!, arrays.get(POSITIONS)!];
    if (positions.shape[0] !== PROMPT_TOKENS)
      throw new FormatError(`its prompts have ${positions.shape[0]} tokens, ${PROMPT_TOKENS} are expected`);
    const inside = new Map([...arrays].filter(([name]) => name !== TOKENS && name !== POSITIONS));
    const weights = new FrozenWeights(gpu, withoutQuickGelu(inside));
    const layers = new Layers(weights.tensors);
    const program = await gpu.compile(() => {
      const x = gpu.input('x', [1, PROMPT_TOKENS, tower.width]);
      const end = gpu.input('end', [1, PROMPT_TOKENS]);
      return clipTextForward(layers, tower, x, end, arrays.has('text_projection.weight'));
    });
    return new ClipTextEncoder(program, weights, table, positions);
  }

  /** @throws FormatError where an id is beyond the file's vocabulary; KernelError */
  async encode({ ids, end }: ClipTokens): Promise<EncodedPrompt> {
    const [vocabulary, width] = this.#table.shape as [number, number];
    const x = Float32Array.from(this.#positions.data);
    for (const [place, id] of ids.entries()) {
      if (id >= vocabulary)
        throw new FormatError(`token ${id} is beyond its vocabulary of ${vocabulary}: another tokenizer's`);
      for (let i = 0; i < width; i++) x[place * width + i]! += this.#table.data[id * width + i]!;
    }
    const pick = new Float32Array(PROMPT_TOKENS);
    pick[end] = 1;
    const { tokens, pooled } = await this.#program.run({ x, end: pick });
    return { tokens: tokens!, pooled: pooled! };
  }

  dispose(): void {
    this.#program.dispose();
    this.#weights.dispose();
  }
}
