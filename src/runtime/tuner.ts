import type { Dtype, Tensor } from './tensor.ts';

/** One way to run a launch: its core, grid, and what the core's tile is sized by. */
export interface Form<Core extends string = string> {
  readonly core: Core;
  readonly groups: readonly [number, number, number];
  readonly overrides: Readonly<Record<string, number | boolean>>;
  readonly specials: Readonly<Record<string, number>>;
}

/** The forms that a launch could have taken, and the one it has. All read and write the same tensors. */
export interface Choice {
  /** Kernel and shape: launches with one key take the same time. */
  readonly key: string;
  readonly name: string;
  readonly forms: ReadonlyMap<string, Form>;
  /** How far two forms may differ, as a share of an element and the result's root mean square; 1e-4 where absent. */
  readonly tolerance?: number;
}

const LETTER = { f32: 'f', f16: 'h', u32: 'u' } as const satisfies Record<Dtype, string>;

/** The end of a key: how factors and result are stored, where not all are f32, as in ` hhh`. Loads cost otherwise then. */
export const storedAs = (operands: readonly Tensor[]): string =>
  operands.every(({ dtype }) => dtype === 'f32') ? '' : ` ${operands.map((t) => LETTER[t.dtype]).join('')}`;

/** What the tuner found on one device: name of the fastest form, by key. */
export type Choices = ReadonlyMap<string, string>;
