import { speckle } from './noise.ts';

/** What {@link cellAt} found: the cell's column and row, and how far its border is (0 on the border). */
export interface Cell {
  column: number;
  row: number;
  border: number;
}

/** The Voronoi cell a point lies in; one seed point in each unit square. Writes into `cell`. */
export function cellAt(x: number, y: number, cell: Cell): void {
  const i = Math.floor(x);
  const j = Math.floor(y);
  let first = 9;
  let second = 9;
  for (let row = j - 1; row <= j + 1; row++) {
    for (let column = i - 1; column <= i + 1; column++) {
      const dx = column + 0.1 + 0.8 * speckle(column, row) - x;
      const dy = row + 0.1 + 0.8 * speckle(column + 101, row + 57) - y;
      const square = dx * dx + dy * dy;
      if (square < first) {
        second = first;
        first = square;
        cell.column = column;
        cell.row = row;
      } else if (square < second) {
        second = square;
      }
    }
  }
  cell.border = Math.sqrt(second) - Math.sqrt(first);
}
