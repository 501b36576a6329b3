import type { Picture } from '../../model/picture.ts';
import { type GridRow, pictureGrid } from '../images/grid.ts';
import type { Concept } from './concepts.ts';
import type { PairFolder } from './pair_folder.ts';
import type { Source } from './sources.ts';

const ROWS = 10;
const COLUMNS = 9;
const CELL = 128;

/** Some sources, one per row, with what became of them under some concepts; both spread evenly. */
export async function pairSheet(
  folder: PairFolder,
  sources: readonly Source[],
  concepts: readonly Concept[],
): Promise<Picture> {
  const shown = spread(concepts, COLUMNS);
  const rows: GridRow[] = [];
  for (const { name } of spread(sources, ROWS)) {
    const paths = [folder.input(name), ...shown.map((concept) => folder.target(concept.name, name))];
    rows.push({ pictures: await Promise.all(paths.map((path) => folder.read(path))) });
  }
  return pictureGrid(['input', ...shown.map(({ name }) => name)], rows, CELL);
}

function spread<T>(items: readonly T[], most: number): T[] {
  const shown = Math.min(most, items.length);
  return Array.from({ length: shown }, (_, i) => items[Math.floor((i * items.length) / shown)]!);
}
