import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePicture } from '../../src/cli/images/decode.ts';
import { type Outcome, run } from '../cli/run_program.ts';
import { sha256, writeSmallAdapter, writeSmallBase } from '../cli/small_model.ts';
import { FAILURES, type Failure, failFiles } from './failing_files.ts';
import type { Figures, PartOptions } from './figures.ts';

// What the file system does to what commands write: every call fails once, in every way.

/** A command that writes into a folder of its own. */
interface Job {
  readonly name: string;
  /** What lies in the folder before; the same is done for every run. */
  readonly prepare?: (folder: string) => Promise<unknown>;
  run(folder: string): Promise<Outcome>;
  /** The same command once more, over whatever the first has left. */
  again(folder: string): Promise<Outcome>;
  /** Files that grow while it runs: each line must be one of the whole file's. */
  readonly growing?: RegExp;
  /** Pictures for people, which leave out what could not be read for them: any picture is whole. */
  readonly overview?: RegExp;
  /** Its files belong together: none is new before all are, but where a rename fails. */
  readonly together?: boolean;
  /** Of every how many calls one fails in a sample. */
  readonly every: number;
}

type Files = ReadonlyMap<string, Buffer>;

/** All files of a folder, by name. */
async function filesOf(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const read = paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const);
  return new Map(await Promise.all(read));
}

/** Files that tell of a run in progress, and no more. */
const PASSING = /(?:^|\/)(?:\..*\.tmp|lock\.json)$/;

const isPicture = (bytes: Buffer): Promise<boolean> =>
  decodePicture(bytes, 'x').then(
    () => true,
    () => false,
  );

/** Whether a file is whole: as the unbroken command writes it, or as it was before. */
async function isWhole(
  name: string,
  bytes: Buffer,
  job: Job,
  wanted: Files,
  before: Files,
): Promise<boolean> {
  if (wanted.get(name)?.equals(bytes) || before.get(name)?.equals(bytes)) return true;
  if (job.overview?.test(name)) return isPicture(bytes);
  if (!job.growing?.test(name)) return PASSING.test(name);
  const lines = new Set(wanted.get(name)!.toString().split('\n'));
  const own = bytes.toString().split('\n');
  return own.every((line) => lines.has(line));
}

/** The first file that is not whole. */
async function tornFile(files: Files, job: Job, wanted: Files, before: Files): Promise<string | null> {
  for (const [name, bytes] of files) if (!(await isWhole(name, bytes, job, wanted, before))) return name;
  return null;
}

/** Pictures that `metadata.jsonl` names and that are not there. */
async function missingPictures(folder: string, files: Files): Promise<string[]> {
  const names = [...files].filter(([name]) => name.endsWith('metadata.jsonl'));
  const rows = names.flatMap(([, bytes]) => bytes.toString().split('\n').filter(Boolean));
  const wanted = rows.map((row) => JSON.parse(row)).flatMap((r) => [r.input_file_name, r.output_file_name]);
  const there = await Promise.all(
    wanted.map((name) =>
      access(join(folder, 'out', name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_, i) => !there[i]);
}

/** What is wrong with how a broken command ended. */
function wrongIn({ code, err }: Outcome, folder: string): string | null {
  const last = err.trimEnd().split('\n').at(-1)!;
  if (code === 0) return null;
  if (code !== 1) return `exit code ${code}: ${last}`;
  if (!last.startsWith('e2gan: ') || /\n\s+at /.test(err)) return `not one line: ${err.slice(-600)}`;
  return last.includes(folder) ? null : `names no file: ${last}`;
}

/** The call that fails: its number from 1, what it is, and how it fails. */
interface FailingCall {
  readonly nth: number;
  readonly call: string;
  readonly failure: Failure;
}

/** Whether files that differ between the old folder and the new one are there from both. */
function mixture(files: Files, wanted: Files, before: Files): boolean {
  const changed = [...wanted.keys()].filter((name) => !before.get(name)?.equals(wanted.get(name)!));
  const fresh = changed.filter((name) => files.get(name)?.equals(wanted.get(name)!));
  return fresh.length > 0 && fresh.length < changed.length;
}

/** One run during which a call fails, and one after it. @returns what is wrong with either */
async function runFailing(
  job: Job,
  folder: string,
  { nth, call, failure }: FailingCall,
  wanted: Files,
): Promise<string | null> {
  await job.prepare?.(folder);
  const before = await filesOf(folder);
  const failing = failFiles(folder, nth, failure);
  const outcome = await job.run(folder);
  failing.restore();
  const wrong = wrongIn(outcome, folder);
  if (wrong) return wrong;
  const files = await filesOf(folder);
  const mixed = job.together && !call.startsWith('rename') && mixture(files, wanted, before);
  if (mixed) return 'some files are old and some are new';
  const torn = await tornFile(files, job, wanted, before);
  if (torn) return `${torn} is neither the old file nor the whole new one`;
  const missing = await missingPictures(folder, files);
  if (missing.length) return `${missing.join(', ')} are in metadata.jsonl and not there`;
  const isDone = outcome.code !== 0 || sameFiles(files, wanted, job.overview);
  if (!isDone) return 'ended well, and something is missing or left over';
  const { code, err } = await job.again(folder);
  if (code !== 0) return `the next run: ${err.trim()}`;
  return sameFiles(await filesOf(folder), wanted) ? null : 'the next run gave other files';
}

const sameFiles = (a: Files, b: Files, except?: RegExp): boolean =>
  a.size === b.size && [...a].every(([name, bytes]) => except?.test(name) || b.get(name)?.equals(bytes));

async function breakJob(figures: Figures, job: Job, folder: string, full: boolean): Promise<void> {
  const whole = await mkdtemp(join(folder, 'whole-'));
  await job.prepare?.(whole);
  const counting = failFiles(whole, 0);
  const { code, err } = await job.run(whole);
  const calls = [...counting.made];
  counting.restore();
  if (code !== 0) throw new Error(`${job.name}, unbroken: ${err}`);
  const wanted = await filesOf(whole);
  let [sound, tried] = [0, 0];
  for (const failure of FAILURES)
    for (let nth = 1; nth <= calls.length; nth += full ? 1 : job.every) {
      if (/short|full/.test(failure) && !calls[nth - 1]!.startsWith('write')) continue;
      const own = await mkdtemp(join(folder, 'run-'));
      const wrong = await runFailing(job, own, { nth, call: calls[nth - 1]!, failure }, wanted);
      tried++;
      if (wrong) figures.detail(`${job.name}, ${failure} at call ${nth} (${calls[nth - 1]}): ${wrong}`);
      else sound++;
      await rm(own, { recursive: true, force: true });
    }
  figures.count(
    `${job.name}, each way of failing at ${full ? 'each call' : `one call in ${job.every}`}`,
    sound,
    tried,
    'left nothing half-written, and were made up for',
  );
}

/** The commands: what writes adapters, generators, indices and pairs. */
async function jobsIn(folder: string): Promise<Job[]> {
  const base = await writeSmallBase(folder);
  const adapter = await writeSmallAdapter(join(folder, 'adapter'), sha256(await readFile(base)));
  const merged = join(folder, 'merged.safetensors');
  await run('adapter', 'merge', base, adapter, merged);
  const job = (name: string, args: (folder: string) => string[], rest: Partial<Job> = {}): Job => ({
    name,
    run: (at) => run(...args(at)),
    again: (at) => run(...args(at), '--force'),
    every: 1,
    ...rest,
  });
  const convert = (at: string) => ['adapter', 'convert', adapter, join(at, 'out'), '--dtype', 'f16'];
  const merge = (at: string) => ['adapter', 'merge', base, adapter, join(at, 'out.safetensors')];
  const unmerge = (at: string) => ['adapter', 'unmerge', merged, adapter, join(at, 'out.safetensors')];
  const scenes = ['--scenes', '2', '--only', 'autumn', '--size', '16'];
  const distill = (at: string) => run('distill', join(at, 'out'), ...scenes);
  return [
    job('an adapter converted', convert, { every: 2 }),
    job('an adapter converted over another', (at) => [...convert(at), '--force'], {
      prepare: async (at) => {
        await cp(adapter, join(at, 'out'), { recursive: true });
        const config = join(at, 'out/adapter_config.json');
        const { lora_alpha, ...rest } = JSON.parse(await readFile(config, 'utf8'));
        await writeFile(config, JSON.stringify({ ...rest, lora_alpha: 2 * lora_alpha }));
      },
      again: (at) => run(...convert(at), '--force'),
      together: true,
      every: 1,
    }),
    job('a generator merged', merge),
    job('a generator merged over another', (at) => [...merge(at), '--force'], {
      prepare: (at) => cp(base, join(at, 'out.safetensors')),
      again: (at) => run(...merge(at), '--force'),
    }),
    job('a generator unmerged', unmerge),
    job('an index of adapters', (at) => ['adapter', 'library', at], {
      prepare: (at) => cp(adapter, join(at, 'ink'), { recursive: true }),
    }),
    {
      name: 'pairs distilled',
      run: distill,
      again: distill,
      growing: /metadata\.jsonl$/,
      overview: /contact_sheet\.png$/,
      every: 9,
    },
  ];
}

/** Breaks every command at its calls. */
export async function breakOutputs(figures: Figures, folder: string, { full }: PartOptions): Promise<void> {
  const given = join(folder, 'given');
  await mkdir(given);
  for (const job of await jobsIn(given)) await breakJob(figures, job, folder, full);
}
