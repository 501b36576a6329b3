import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import {
  openTeacher,
  readChosen,
  readSources,
  TEACHER_SIZES,
  type TeacherKind,
  type TeacherOptions,
  teacherKind,
} from '../distill/choose_teacher.ts';
import type { Concept } from '../distill/concepts.ts';
import { type Job, missingTasks, type Outcome, requireAll, runJob } from '../distill/job.ts';
import { isOwnEntry, PairFolder } from '../distill/pair_folder.ts';
import { Retries } from '../distill/retry.ts';
import { pairSheet } from '../distill/sheet.ts';
import type { Source } from '../distill/sources.ts';
import type { Teacher } from '../distill/teacher.ts';
import { escapeControl, usageError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { encodePng } from '../images/png.ts';
import { decimal, integer, type Size, seed, size, text } from '../options.ts';
import { isFolder, isInside, requireFolderOutput } from '../outputs.ts';
import { openRunFolder, type RunFolder } from '../run_folder.ts';
import { STOP_CODES, watchSignals } from '../signals.ts';
import { warn } from '../warn.ts';

interface DistillOptions extends TeacherOptions {
  readonly size: Size;
  readonly teacherSize?: Size;
  readonly limit?: number;
  readonly parallel?: number;
  readonly retries: number;
  readonly retryDelay: number;
  readonly dryRun?: boolean;
  readonly fresh?: boolean;
}

const DEFAULT_SCENES = 200;
const SERVER_PARALLEL = 2;

/** All that a job needs before anything is written. */
interface Plan {
  readonly kind: TeacherKind;
  readonly folder: PairFolder;
  readonly teacher: Teacher;
  readonly sources: readonly Source[];
  readonly concepts: readonly Concept[];
  readonly teacherSize: Size;
  readonly parallel: number;
  readonly config: Readonly<Record<string, unknown>>;
}

async function makePlan(out: string, options: DistillOptions): Promise<Plan> {
  const kind = teacherKind(options);
  await requireFolderOutput(out);
  const concepts = await readChosen(kind, options);
  const { origin, sources, skips } = await readSources(kind, options);
  requireApart(out, kind === 'scenes' ? undefined : origin);
  for (const line of skips.lines()) warn(`${options.sources}: left out: ${line}`);
  const folder = new PairFolder(resolve(out), options.size);
  const teacher = await openTeacher(kind, options, concepts, folder.workFolder);
  const teacherSize = teacherSizeOf(kind, options);
  const config = {
    kind: 'distill',
    teacher: teacher.config,
    sources: origin,
    size: options.size,
    teacherSize,
    seed: options.seed,
  };
  const parallel = options.parallel ?? defaultParallel(kind);
  return {
    kind,
    folder,
    teacher,
    sources: sources.slice(0, options.limit),
    concepts,
    teacherSize,
    parallel,
    config,
  };
}

function requireApart(out: string, sources: string | undefined): void {
  if (sources === undefined) return;
  if (isInside(resolve(out), sources) || isInside(sources, resolve(out)))
    throw usageError(
      `${out}: pairs and sources (${sources}) must not lie in each other; choose another folder`,
    );
}

function teacherSizeOf(kind: TeacherKind, { size: pairs, teacherSize }: DistillOptions): Size {
  if (kind === 'scenes' && pairs.width !== pairs.height) throw usageError('--size: scenes are squares');
  if (kind === 'scenes' && teacherSize) throw usageError('--teacher-size: scenes are drawn at --size');
  const wanted = teacherSize ?? usualSize(pairs, TEACHER_SIZES[kind]);
  const isShape = wanted.width * pairs.height === wanted.height * pairs.width;
  if (isShape && wanted.width >= pairs.width) return wanted;
  const [a, b] = [wanted, pairs].map(({ width, height }) => `${width}x${height}`);
  throw usageError(
    `--teacher-size: ${a} is smaller than, or of another shape than, the pairs' ${b} (--size)`,
  );
}

/** The shape of the pairs, its longer side `edge` as far as whole multiples of 8 allow; the pairs' own where not. */
function usualSize(pairs: Size, edge: number | undefined): Size {
  const longer = Math.max(pairs.width, pairs.height);
  if (edge === undefined || edge <= longer) return pairs;
  const scaled = { width: (pairs.width * edge) / longer, height: (pairs.height * edge) / longer };
  return scaled.width % 8 === 0 && scaled.height % 8 === 0 ? scaled : pairs;
}

function defaultParallel(kind: TeacherKind): number {
  if (kind === 'scenes') return 1;
  return kind === 'exec' ? availableParallelism() : SERVER_PARALLEL;
}

async function dryRun(out: string, plan: Plan): Promise<void> {
  const { folder, sources, concepts, teacher, teacherSize, parallel } = plan;
  const all = sources.length * concepts.length;
  const left = (await isFolder(out)) ? (await missingTasks(folder, sources, concepts)).length : all;
  const { width, height } = folder.size;
  const lines = [
    `teacher: ${teacher.about}, shown ${teacherSize.width}x${teacherSize.height}, ${parallel} at once`,
    `sources: ${sources.length}`,
    ...concepts.map(({ name, prompt }) => `concept ${name}: ${prompt}`),
    `pairs: ${all} of ${width}x${height}, ${all - left} there, ${left} to make; nothing was written`,
  ];
  console.log(lines.map(escapeControl).join('\n'));
}

/** Makes what is missing, and writes down what there is however that ended. */
async function makePairs(run: RunFolder, plan: Plan, job: Job): Promise<Outcome> {
  const { folder, sources, concepts } = plan;
  await folder.removeLeftovers();
  for (const concept of concepts) await folder.describe(concept);
  const all = sources.flatMap((source) => concepts.map((concept) => ({ source, concept })));
  const tasks = run.resumed ? await missingTasks(folder, sources, concepts) : all;
  const outcome = await runJob(job, tasks);
  await folder.removeLeftovers();
  const pairs = await folder.writeMetadata(outcome.left);
  await folder.writeFailures(outcome.failures);
  if (pairs > 0) await writeAtomic(folder.sheet, encodePng(await pairSheet(folder, sources, concepts)));
  for (const reason of outcome.unusable) warn(`left out: ${reason}`);
  console.log(
    `${run.path}: ${pairs} pairs, ${outcome.made} of them new${pairs > 0 ? `; some are in ${folder.sheet}` : ''}`,
  );
  return outcome;
}

async function distill(out: string, options: DistillOptions): Promise<number> {
  const plan = await makePlan(out, options);
  if (options.dryRun) {
    await dryRun(out, plan);
    return 0;
  }
  const mayChange = ['teacher.url'];
  const run = await openRunFolder(out, plan.config, {
    fresh: options.fresh ?? false,
    mayChange,
    isOwn: isOwnEntry,
  });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const signals = watchSignals('finishing what is under way', () => stop.abort());
  try {
    const { retries, retryDelay, seed } = options;
    const again = new Retries({ retries, delayMs: 1000 * retryDelay, seed, signal: stop.signal });
    const outcome = await makePairs(run, plan, { ...plan, seed, retries: again, stop: stop.signal });
    if (signals.stopped) return STOP_CODES[signals.stopped];
    requireAll(out, outcome, plan.sources.length * plan.concepts.length);
    return 0;
  } finally {
    signals.dispose();
    plan.teacher.close();
    await run.release();
  }
}

function addTeachers(command: Command): Command {
  const option = (flags: string, about: string) => new Option(flags, about).argParser(text);
  return command
    .addOption(option('--sources <folder>', 'pictures to edit'))
    .addOption(option('--concepts <file>', 'JSON: {"concepts": [{"name", "prompt", "negative"?, "exec"?}]}'))
    .addOption(option('--only <list>', 'concepts of the file to make, separated by commas'))
    .addOption(option('--webui <url>', 'teacher: a server that speaks /sdapi/v1/img2img'))
    .addOption(option('--comfyui <url>', 'teacher: ComfyUI'))
    .addOption(
      option('--workflow <file>', 'its workflow in API format, with %input%, %prompt%, %seed%, %negative%'),
    )
    .addOption(option('--openai <url>', 'teacher: a server that speaks /v1/images/edits'))
    .addOption(
      option(
        '--exec <command>',
        'teacher: a program; {in} {out} {prompt} {negative} {concept} {seed} {width} {height} are filled in',
      ),
    )
    .addOption(
      new Option('--scenes [n]', 'teacher: the built-in scenes, drawn before and after')
        .argParser(integer({ min: 1, max: 1e6 }))
        .preset(String(DEFAULT_SCENES)),
    )
    .addOption(
      option(
        '--key-env <name>',
        'environment variable that holds the key, or user:password (default for api.openai.com: OPENAI_API_KEY)',
      ),
    );
}

function addSettings(command: Command): Command {
  const number = (flags: string, about: string, min: number, max: number, value: number) =>
    new Option(flags, about).argParser(decimal({ min, max })).default(value);
  const whole = (flags: string, about: string, min: number, max: number) =>
    new Option(flags, about).argParser(integer({ min, max }));
  return command
    .addOption(whole('--steps <n>', 'webui: denoising steps', 1, 1000).default(50))
    .addOption(number('--cfg-scale <x>', 'webui: weight of the prompt', 0, 100, 7.5))
    .addOption(number('--image-cfg-scale <x>', 'webui: weight of the source', 0, 100, 1.5))
    .addOption(number('--denoising <x>', 'webui: 1 for InstructPix2Pix', 0, 1, 1))
    .addOption(new Option('--sampler <name>', 'webui: sampler').argParser(text).default('Euler a'))
    .addOption(new Option('--model <name>', 'webui, openai: model to ask for').argParser(text))
    .addOption(
      new Option('--size <px>', 'of the pairs: 256, or 320x240')
        .argParser(size(4, { min: 8, max: 4096 }))
        .default({ width: 256, height: 256 }, '256'),
    )
    .addOption(
      new Option(
        '--teacher-size <px>',
        'of what the teacher sees and makes (default: webui and comfyui 512, openai 1024, else --size)',
      ).argParser(size(8, { min: 8, max: 8192 })),
    )
    .addOption(new Option('--seed <n>', 'of all random choices').argParser(seed).default(1));
}

/** `e2gan distill OUT`: pairs from pictures, concepts and a teacher. */
export function distillCommand(): Command {
  const command = new Command('distill')
    .description('make pairs with a teacher: a diffusion server, any program, or the built-in scenes')
    .argument('<out>', 'folder for the pairs; the same command on it goes on', text);
  return addSettings(addTeachers(command))
    .addOption(new Option('--limit <n>', 'first n sources only').argParser(integer({ min: 1, max: 1e7 })))
    .addOption(
      new Option('--parallel <n>', 'edits at once (default: servers 2, programs one per core)').argParser(
        integer({ min: 1, max: 64 }),
      ),
    )
    .addOption(
      new Option('--timeout <s>', 'seconds for one edit')
        .argParser(decimal({ min: 0.05, max: 86_400 }))
        .default(300),
    )
    .addOption(
      new Option('--retries <n>', 'of a server that fails')
        .argParser(integer({ min: 0, max: 100 }))
        .default(5),
    )
    .addOption(
      new Option('--retry-delay <s>', 'before the first retry; it doubles with each')
        .argParser(decimal({ min: 0, max: 3600 }))
        .default(1),
    )
    .option('--dry-run', 'say what would be made')
    .option('--fresh', 'start anew in a folder that holds pairs of an earlier job')
    .action(async (out: string, options: DistillOptions) => {
      process.exitCode = await distill(out, options);
    });
}
