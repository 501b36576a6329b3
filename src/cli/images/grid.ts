import type { Picture } from '../../model/picture.ts';
import { forEachDot, GLYPH_HEIGHT, GLYPH_WIDTH } from './font.ts';
import { fitInside, resizePicture } from './resize.ts';

const GAP = 4;
const PAPER = 255;
const INK = 40;
const LARGE_CELL = 96;
const MAX_CELL = 256;
const MAX_ROW_LABEL = 24;

/** One row of a grid; an undefined picture leaves its cell empty. */
export interface GridRow {
  readonly label?: string;
  readonly pictures: readonly (Picture | undefined)[];
}

/**
 * A sheet of pictures on white with a header row of labels and, where rows have labels, a column of them. Pictures are
 * scaled to fit square cells of `cell` pixels and centred; by default cells fit the largest picture, up to 256.
 */
export async function pictureGrid(
  columns: readonly string[],
  rows: readonly GridRow[],
  cell = defaultCell(rows),
): Promise<Picture> {
  const scale = cell >= LARGE_CELL ? 2 : 1;
  const labelWidth = Math.min(MAX_ROW_LABEL, Math.max(0, ...rows.map(({ label }) => label?.length ?? 0)));
  const left = GAP + (labelWidth > 0 ? labelWidth * (GLYPH_WIDTH + 1) * scale + GAP : 0);
  const top = columns.some((label) => label !== '') ? GLYPH_HEIGHT * scale + 2 * GAP : GAP;
  const sheet = blank(left + columns.length * (cell + GAP), top + rows.length * (cell + GAP));
  for (const [c, label] of columns.entries()) {
    drawText(sheet, label, left + c * (cell + GAP), GAP, scale, cell);
  }
  for (const [r, { label, pictures }] of rows.entries()) {
    const y = top + r * (cell + GAP);
    const middle = y + Math.floor((cell - GLYPH_HEIGHT * scale) / 2);
    drawText(sheet, label ?? '', GAP, middle, scale, left - 2 * GAP);
    for (const [c, picture] of pictures.slice(0, columns.length).entries()) {
      if (picture) await drawCentred(sheet, picture, left + c * (cell + GAP), y, cell);
    }
  }
  return sheet;
}

function defaultCell(rows: readonly GridRow[]): number {
  const sides = rows.flatMap(({ pictures }) => pictures.map((p) => Math.max(p?.width ?? 0, p?.height ?? 0)));
  return Math.min(MAX_CELL, Math.max(1, ...sides));
}

function blank(width: number, height: number): Picture {
  return { width, height, rgb: new Uint8Array(width * height * 3).fill(PAPER) };
}

/** Draws text from its upper left corner, cut with `..` where it does not fit `room` pixels. */
function drawText(
  sheet: Picture,
  text: string,
  left: number,
  top: number,
  scale: number,
  room: number,
): void {
  const fits = Math.max(0, Math.floor((room / scale + 1) / (GLYPH_WIDTH + 1)));
  const shown = text.length <= fits ? text : `${text.slice(0, Math.max(0, fits - 2))}..`.slice(0, fits);
  forEachDot(shown, (x, y) => {
    for (let row = 0; row < scale; row++) {
      const start = 3 * ((top + y * scale + row) * sheet.width + left + x * scale);
      sheet.rgb.fill(INK, start, start + 3 * scale);
    }
  });
}

async function drawCentred(
  sheet: Picture,
  picture: Picture,
  left: number,
  top: number,
  cell: number,
): Promise<void> {
  const fits = picture.width <= cell && picture.height <= cell;
  const small = fits ? picture : await resizePicture(picture, ...fitInside(picture, cell, cell));
  const x = left + Math.floor((cell - small.width) / 2);
  const y = top + Math.floor((cell - small.height) / 2);
  for (let row = 0; row < small.height; row++) {
    const line = small.rgb.subarray(3 * row * small.width, 3 * (row + 1) * small.width);
    sheet.rgb.set(line, 3 * ((y + row) * sheet.width + x));
  }
}
