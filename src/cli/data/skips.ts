/** Why a file of a data folder takes no part. */
export type SkipReason =
  | 'without a partner'
  | 'listed but missing'
  | 'unreadable'
  | 'of two sizes'
  | 'not a regular file'
  | 'link out of the folder or to a folder'
  | 'hidden'
  | 'not a picture e2gan reads';

const NAMED = 5;

/**
 * The one rule for files that cannot be used: a command on a folder goes on without them, counts them by reason and
 * names the first five; a command on a single file fails. No file is left out silently.
 */
export class Skips {
  private readonly byReason = new Map<SkipReason, string[]>();

  add(path: string, reason: SkipReason): void {
    const paths = this.byReason.get(reason) ?? [];
    paths.push(path);
    this.byReason.set(reason, paths);
  }

  /** Paths skipped for `reason`, in the order they were met. */
  of(reason: SkipReason): readonly string[] {
    return this.byReason.get(reason) ?? [];
  }

  get count(): number {
    return [...this.byReason.values()].reduce((sum, paths) => sum + paths.length, 0);
  }

  /** One line per reason: `7 without a partner: a.png, b.png, c.png, d.png, e.png and 2 more`. */
  lines(): string[] {
    return [...this.byReason].map(([reason, paths]) => `${paths.length} ${reason}: ${firstFew(paths)}`);
  }
}

/** The first five of some names, and how many more there are. */
export function firstFew(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}
