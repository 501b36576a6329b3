/** How a part is run. */
export interface PartOptions {
  /** The figures to be reached, in place of a sample that fits into minutes. */
  readonly full: boolean;
  /** Everything random comes from it. */
  readonly seed: number;
}

/** What a part of the fault tests has found, printed as it comes: `name: figure`. */
export class Figures {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  #print(name: string, figure: string, isReached: boolean): void {
    if (isReached) this.#passed++;
    else this.#failed++;
    console.log(`${name}: ${figure}${isReached ? '' : ' - FELL SHORT'}`);
  }

  /** `done` of `all` cases did `what`; fewer than all, or no case at all, falls short. */
  count(name: string, done: number, all: number, what: string): void {
    this.#print(name, `${done} of ${all} ${what}`, done === all && all > 0);
  }

  /** A measured value that may be at most `limit`. */
  atMost(name: string, value: number, limit: number, unit: string): void {
    const digits = Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0);
    this.#print(name, `${digits} ${unit} (at most ${limit})`, value <= limit);
  }

  /** Something that could not be looked at here. */
  skip(name: string, reason: string): void {
    this.#skipped++;
    console.log(`skipped: ${name}: ${reason}`);
  }

  /** What went wrong, before the figure that it belongs to. */
  detail(line: string): void {
    console.log(`  ${line}`);
  }

  /** Prints the closing line. @returns the exit code */
  finish(): number {
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
    return this.#failed > 0 ? 1 : 0;
  }

  /** A part that broke off. */
  broke(error: unknown): void {
    this.#failed++;
    console.log(`broke off: ${error instanceof Error ? error.stack : error}`);
  }
}

/** Options from a part's command line: `--full`, `--seed N`. */
function optionsFrom(argv: readonly string[]): PartOptions {
  const at = argv.indexOf('--seed');
  return { full: argv.includes('--full'), seed: at < 0 ? 1 : Number(argv[at + 1]) };
}

/** Runs one part as this process. */
export async function runPart(
  body: (figures: Figures, options: PartOptions) => Promise<void> | void,
): Promise<void> {
  const figures = new Figures();
  try {
    await body(figures, optionsFrom(process.argv.slice(2)));
  } catch (error) {
    figures.broke(error);
  }
  process.exitCode = figures.finish();
}
