import type { Picture } from '../../model/picture.ts';
import { UserError } from '../errors.ts';
import { readPicture } from '../images/decode.ts';

/** One training example as files. Paths are absolute. */
export interface Pair {
  readonly input: string;
  readonly target: string;
  /** Name of the look that `target` shows, where the folder holds several. */
  readonly concept?: string;
  /** Text that describes the look. */
  readonly prompt?: string;
  /** `train`, `val` or `test`, as the folder names it. */
  readonly split?: string;
  /** Set where one file holds both pictures side by side (`input` equals `target`): which of them is on the left. */
  readonly left?: 'input' | 'target';
}

/** The two pictures of a pair. @throws UserError naming the file that cannot be used. */
export async function readPair(pair: Pair): Promise<{ input: Picture; target: Picture }> {
  const first = await readPicture(pair.input);
  if (!pair.left) return { input: first, target: await readPicture(pair.target) };
  if (first.width % 2 !== 0) {
    throw new UserError(`${pair.input}: two pictures side by side need an even width, it has ${first.width}`);
  }
  const [left, right] = [cropHalf(first, 0), cropHalf(first, 1)];
  return pair.left === 'input' ? { input: left, target: right } : { input: right, target: left };
}

function cropHalf({ width, height, rgb }: Picture, half: 0 | 1): Picture {
  const rowBytes = (3 * width) / 2;
  const out = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const start = (2 * y + half) * rowBytes;
    out.set(rgb.subarray(start, start + rowBytes), y * rowBytes);
  }
  return { width: width / 2, height, rgb: out };
}
