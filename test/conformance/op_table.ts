import type { OpRow } from './op_row.ts';
import { ELEMENT_OPS } from './ops_element.ts';
import { LOSS_OPS } from './ops_loss.ts';
import { NORM_OPS } from './ops_norm.ts';
import { PICTURE_OPS } from './ops_picture.ts';
import { TOKEN_OPS } from './ops_token.ts';

/** How each op of an index runs on the engine, by its name there. */
export const OPS: ReadonlyMap<string, OpRow> = new Map(
  Object.entries({ ...PICTURE_OPS, ...TOKEN_OPS, ...NORM_OPS, ...ELEMENT_OPS, ...LOSS_OPS }),
);
