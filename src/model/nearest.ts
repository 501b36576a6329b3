import { quoted } from './format_error.ts';

/** Names are cut to this length before comparing, so that the cost of a hostile name stays bounded. */
const LONGEST_NAME = 200;

/**
 * The known name that needs the fewest edits (insert, delete, replace) to become `name`, the first of equals;
 * none when even that one differs in more than half of its characters.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.slice(0, LONGEST_NAME);
  let nearest: string | undefined;
  let fewest = Math.max(2, wanted.length / 2) + 1;
  for (const candidate of known) {
    const edits = editDistance(wanted, candidate.slice(0, LONGEST_NAME));
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** The end of an error message about an unknown name: `, did you mean "x"?`, or nothing when no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `, did you mean ${quoted(nearest)}?`;
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
