import type { Picture } from '../../model/picture.ts';
import { messageOf } from '../errors.ts';
import { decodePicture } from '../images/decode.ts';
import type { Size } from '../options.ts';
import type { Config } from '../run/config.ts';
import type { Concept } from './concepts.ts';
import type { Source } from './sources.ts';

/** One picture to edit. */
export interface EditRequest {
  readonly source: Source;
  readonly concept: Concept;
  /** The source at the teacher's size, as PNG. */
  readonly png: Buffer;
  readonly size: Size;
  /** 0 to 2^31 - 1; the same for the same job seed, source and concept. */
  readonly seed: number;
}

/** What makes the second picture of a pair from the first. */
export interface Teacher {
  /** One line for people, without secrets. */
  readonly about: string;
  /** What of it decides on the pixels, for `config.json`; no secrets. */
  readonly config: Config;
  /** @throws TeacherError */
  edit(request: EditRequest): Promise<Picture>;
  /** Frees what it holds. */
  close(): void;
}

/** What to do about a failure: try again, leave this pair out, or end the whole job. */
export type Verdict = 'retry' | 'skip' | 'end';

/** A teacher's failure, told in one line. */
export class TeacherError extends Error {
  override readonly name = 'TeacherError';
  readonly verdict: Verdict;
  /** Milliseconds that the server asks to wait for. */
  readonly afterMs: number | undefined;

  constructor(verdict: Verdict, message: string, afterMs?: number, options?: ErrorOptions) {
    super(message, options);
    this.verdict = verdict;
    this.afterMs = afterMs;
  }
}

/** Bytes that a teacher gave for a picture. @throws TeacherError where they are none, to be tried again */
export async function answeredPicture(bytes: Uint8Array, verdict: Verdict = 'retry'): Promise<Picture> {
  try {
    return await decodePicture(bytes, 'its answer');
  } catch (error) {
    throw new TeacherError(verdict, messageOf(error), undefined, { cause: error });
  }
}
