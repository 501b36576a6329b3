import type { Canvas, Look } from './look.ts';
import type { Samples } from './samples.ts';

/** What a scene can be turned into. */
export interface Concept {
  /** One word, as in file names: `autumn`. */
  readonly name: string;
  /** The concept in words: `the landscape in autumn, with red and yellow leaves`. */
  readonly prompt: string;
}

/** How to turn a scene into it: another look than the day's, and work on the painted canvas. */
export interface Recipe extends Concept {
  look?(day: Look, samples: Samples): Look;
  /** Returns the canvas it was given, changed, or a new one. */
  finish?(canvas: Canvas, samples: Samples): Canvas;
}
