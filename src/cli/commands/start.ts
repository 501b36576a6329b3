import { join } from 'node:path';
import { Command, Option } from 'commander';
import { Editor, type StrongAdapter } from '../../model/editor.ts';
import { defaultRanks } from '../../model/lora.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { type BaseModel, readBaseModel, SHIPPED_BASE } from '../base_model.ts';
import { sceneMaterial } from '../concept_material.ts';
import { addDeviceOptions, type DeviceOptions } from '../device.ts';
import { type FinetuneJob, finetune } from '../finetune.ts';
import { withLastingGpu } from '../lasting_device.ts';
import { integer, text } from '../options.ts';
import { openRunFolder } from '../run_folder.ts';
import { STOP_CODES } from '../signals.ts';
import { choicesSetting } from '../train_options.ts';
import { printResult } from './finetune.ts';

interface StartOptions extends DeviceOptions {
  readonly concept: string;
  readonly steps: number;
}

const SIZE = 64;
const SCENES = 80;
const HELD_OUT = 16;
const FRAMES = 20;
// A step of the adapter takes about as long as so many frames: measured 2.6 on llvmpipe, 5.7 on SwiftShader.
const FRAMES_PER_STEP = 6;
const TRAINING_SECONDS = 150;
const MIN_STEPS = 30;

async function startJob(base: BaseModel, { concept, steps }: StartOptions): Promise<FinetuneJob> {
  const { config: generator } = base.generator;
  const material = await sceneMaterial(concept, SCENES, HELD_OUT, SIZE, generator.context);
  const ranks = defaultRanks(generator);
  const training = {
    gan: 'lsgan',
    lambdaL1: 1000,
    size: SIZE,
    batch: 1,
    steps,
    lr: 2e-3,
    flip: true,
    seed: 1,
  } as const;
  const config = { kind: 'start', ...training, concept, scenes: SCENES, base: base.sha256 };
  const stored = { ranks, adapterDtype: 'F16' } as const;
  return { base, ...stored, ...training, saveEvery: 100, previewEvery: 100, config, ...material };
}

/** Frames per second of the merged generator, picture in and picture out. */
async function framesPerSecond(
  gpu: Gpu,
  { base, heldOut }: FinetuneJob,
  adapters: readonly StrongAdapter[],
  frames: number,
): Promise<number> {
  const { input, context } = heldOut[0]!;
  const { config, weights } = base.generator;
  const editor = await Editor.create(gpu, config, weights, adapters, context, input.width, input.height);
  await editor.edit(input);
  const begin = performance.now();
  for (let i = 0; i < frames; i++) await editor.edit(input);
  const seconds = (performance.now() - begin) / 1000;
  editor.dispose();
  return frames / seconds;
}

/** As many of the steps as fit into the time that a first try should take; a slow software device gets fewer. */
async function affordableSteps(gpu: Gpu, job: FinetuneJob): Promise<number> {
  const stepSeconds = FRAMES_PER_STEP / (await framesPerSecond(gpu, job, [], 3));
  return Math.min(job.steps, Math.max(MIN_STEPS, Math.floor(TRAINING_SECONDS / stepSeconds)));
}

async function run(out: string, options: StartOptions): Promise<number> {
  const base = await readBaseModel(SHIPPED_BASE);
  const wanted = await startJob(base, options);
  let steps: number | undefined;
  return withLastingGpu(options, async (gpu, isFirst) => {
    const config = { ...wanted.config, ...choicesSetting(gpu.choices) };
    // Measured once: a run that goes on after a loss is the same run.
    steps ??= await affordableSteps(gpu, wanted);
    const job = { ...wanted, config, steps };
    const folder = await openRunFolder(out, job.config, { fresh: isFirst });
    try {
      const { info, features } = gpu;
      console.log(
        `device: ${info.vendor} ${info.description || info.architecture}${features.software ? ' (software: a GPU is far faster)' : ''}`,
      );
      console.log(`concept "${job.concept}": ${job.prompt}`);
      console.log(
        `learning it from ${SCENES} pairs of built-in scenes, ${SIZE}x${SIZE}, ${job.steps} steps; ${HELD_OUT} unseen scenes judge it`,
      );
      const result = await finetune(gpu, folder, job);
      if (result.stopped) return STOP_CODES[result.stopped];
      printResult(out, result);
      const merged = [{ adapter: result.adapter!, strength: 1 }];
      console.log(
        `${(await framesPerSecond(gpu, job, merged, FRAMES)).toFixed(1)} frames per second at ${SIZE}x${SIZE}, adapter merged`,
      );
      console.log(
        `pictures  ${join(out, 'comparison.png')}\nreport    ${join(out, 'report.html')}\nadapter   ${join(out, 'adapter_model.safetensors')}`,
      );
      return 0;
    } finally {
      await folder.release();
    }
  });
}

/** `e2gan start`: the whole line once, on pictures that the program draws itself. */
export function startCommand(): Command {
  const command = new Command('start')
    .description(
      'learn a concept from the built-in scenes and apply it to unseen ones: the whole line in minutes',
    )
    .addOption(
      new Option('--concept <name>', 'concept of the built-in scenes').argParser(text).default('autumn'),
    )
    .addOption(
      new Option('--steps <n>', 'training steps').argParser(integer({ min: 1, max: 1e6 })).default(800),
    )
    .addOption(new Option('--out <folder>', 'run folder').argParser(text).default(join('runs', 'start')));
  return addDeviceOptions(command).action(async ({ out, ...options }: StartOptions & { out: string }) => {
    process.exitCode = await run(out, options);
  });
}
