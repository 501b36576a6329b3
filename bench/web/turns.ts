import { caseValues } from '../cases/bench_case.ts';
import type { Prepared } from '../child.ts';
import type { FloatsByName } from '../graph/values.ts';
import type { Sample } from '../protocol.ts';
import { compare, type Expected, expectedFrom } from '../verdict.ts';
import type { WebCase } from './cases.ts';
import type { PageCase, PageEntry, PageWho } from './page_result.ts';

// One case in the page: everybody builds it, the numbers are compared, and who is right takes turns.

/** A library in the page. */
export interface PageLibrary {
  readonly who: PageWho;
  forms(webCase: WebCase): readonly string[];
  prepare(webCase: WebCase, values: FloatsByName, form: string): Promise<Prepared>;
}

/** What a run costs, and where progress is told. */
export interface PageTools {
  time(work: () => Promise<void>): Promise<Sample>;
  say(line: string): Promise<void>;
}

interface Runner {
  readonly prepared: Prepared;
  readonly outputs: FloatsByName;
  readonly entry: PageEntry & { readonly samples: Sample[] };
}

/** What all build on; `expected` is empty where nothing is known yet. */
interface Ground {
  readonly webCase: WebCase;
  readonly values: FloatsByName;
  readonly expected: readonly Expected[];
}

type Built = Runner | { readonly entry: PageEntry };

const isRunner = (built: Built): built is Runner => 'prepared' in built;

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!.slice(0, 300);

async function buildForm(
  library: PageLibrary,
  { webCase, values, expected }: Ground,
  form: string,
  { time }: PageTools,
): Promise<Runner> {
  let prepared!: Prepared;
  const cold = await time(async () => {
    prepared = await library.prepare(webCase, values, form);
    await prepared.run();
  });
  const outputs = await prepared.outputs();
  const { error } = compare(outputs, expected);
  const unable = error <= webCase.tolerance ? '' : `its numbers are off by ${error.toExponential(1)}`;
  const notes = [form, prepared.note ?? ''].filter(Boolean);
  const known = Number.isFinite(error) && expected.length ? error : null;
  const entry = { who: library.who, unable, notes, error: known, cold, samples: [] };
  return { prepared, outputs, entry };
}

/** The first form that is right, with what befell those before it; else the last. */
async function build(library: PageLibrary, ground: Ground, tools: PageTools): Promise<Built> {
  const { who } = library;
  const failed: string[] = [];
  let last: PageEntry | null = null;
  for (const form of library.forms(ground.webCase)) {
    await tools.say(`${ground.webCase.benchCase.name}: ${who} builds ${form}`.trim());
    try {
      const built = await buildForm(library, ground, form, tools);
      const entry = { ...built.entry, notes: [...built.entry.notes, ...failed] };
      if (!entry.unable) return { ...built, entry };
      last = entry;
    } catch (error) {
      last = { who, unable: reasonOf(error), notes: [], error: null, cold: null, samples: [] };
    }
    failed.push(`${form || 'it'} cannot: ${last.unable}`);
  }
  return { entry: last! };
}

/** Runs everybody in turn; a failure ends only the turns of whom it befalls. */
async function repeat(built: readonly Built[], repeats: number, tools: PageTools): Promise<PageEntry[]> {
  const failures = new Map<Runner, string>();
  // The first round is for what libraries still do at a second run; it does not count.
  for (let round = 0; round <= repeats; round++)
    for (const runner of built.filter(isRunner)) {
      if (failures.has(runner)) continue;
      try {
        const sample = await tools.time(() => runner.prepared.run());
        if (round > 0) runner.entry.samples.push(sample);
      } catch (error) {
        failures.set(runner, reasonOf(error));
      }
    }
  return built.map((b) => {
    const unable = isRunner(b) ? failures.get(b) : undefined;
    return unable === undefined ? b.entry : { ...b.entry, unable, samples: [] };
  });
}

/**
 * One case. Ours, which comes first, is checked against the case's float64 reference where it has one, all others
 * against that and ours; whoever is off is not timed, and nobody is where ours is.
 */
export async function measurePageCase(
  webCase: WebCase,
  libraries: readonly PageLibrary[],
  repeats: number,
  tools: PageTools,
): Promise<PageCase> {
  const { benchCase } = webCase;
  const values = caseValues(benchCase);
  const reference = benchCase.reference?.(values) ?? [];
  const [first, ...others] = libraries;
  const own = await build(first!, { webCase, values, expected: reference }, tools);
  const built: Built[] = [own];
  if (isRunner(own)) {
    const expected = [...expectedFrom(own.outputs), ...reference];
    for (const library of others) built.push(await build(library, { webCase, values, expected }, tools));
  }
  await tools.say(`${benchCase.name}: turns`);
  const { name, flops } = benchCase;
  return { name, flops, entries: await repeat(built, repeats, tools) };
}
