import { Tokenizer } from '@huggingface/tokenizers';
import { FormatError, quoted } from './format_error.ts';
import { PROMPT_TOKENS } from './text.ts';

const START = '<|startoftext|>';
const END = '<|endoftext|>';

/** What CLIP's text tower takes of a prompt. */
export interface ClipTokens {
  /** 77 ids: start, the prompt, end, and `end` again to fill up. */
  readonly ids: readonly number[];
  /** Place of the first end token. */
  readonly end: number;
}

/**
 * CLIP's tokenizer from a `tokenizer.json`. Prompts are cut to 75 tokens between start and end, as CLIP was trained.
 */
export class ClipTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #end: number;

  /** @throws FormatError where the text is no tokenizer with CLIP's start and end tokens */
  constructor(json: string) {
    try {
      this.#tokenizer = new Tokenizer(JSON.parse(json), { bos_token: START, eos_token: END, unk_token: END });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FormatError(`not a tokenizer.json: ${quoted(reason)}`, { cause: error });
    }
    const [start, end] = [START, END].map((token) => this.#tokenizer.token_to_id(token));
    if (start === undefined || end === undefined)
      throw new FormatError(`not CLIP's tokenizer: it has no ${START} or no ${END}`);
    this.#end = end;
  }

  encode(prompt: string): ClipTokens {
    const { ids } = this.#tokenizer.encode(prompt);
    const kept = ids.length > PROMPT_TOKENS ? [...ids.slice(0, PROMPT_TOKENS - 1), this.#end] : ids;
    const padding = Array<number>(PROMPT_TOKENS - kept.length).fill(this.#end);
    return { ids: [...kept, ...padding], end: kept.length - 1 };
  }
}
