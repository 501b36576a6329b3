import { Command, Option } from 'commander';
import { parameterShapes } from '../../model/layers.ts';
import { type NetworkDesign, networkOf } from '../../model/network_design.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { product } from '../../runtime/shape.ts';
import { type BaselineResult, baselineRows, trainBaseline } from '../baseline.ts';
import {
  BASELINES,
  type BaselineName,
  baselineDesign,
  checkLoadSize,
  RECIPES,
} from '../baseline_networks.ts';
import { addPairOptions, type ConceptOptions, conceptOption, gatherConcept } from '../concept_material.ts';
import { usageError } from '../errors.ts';
import { tolerantSource } from '../folder_source.ts';
import { QUALITY_COLUMNS } from '../held_out.ts';
import { onRunDevice } from '../lasting_device.ts';
import { integer } from '../options.ts';
import { addPickOptions, type PickOptions, pickPairs } from '../pick.ts';
import { openRunFolder } from '../run_folder.ts';
import { STOP_CODES } from '../signals.ts';
import { printTable } from '../table.ts';
import { addTrainOptions, runConfig } from '../train_options.ts';
import { warn } from '../warn.ts';

interface BaselineOptions extends ConceptOptions, PickOptions {
  readonly network: BaselineName;
  readonly width?: number | 'narrow';
}

type SizedOptions = BaselineOptions & { readonly width: number };

/** Values per token of prompts that no baseline reads. */
const UNREAD = 1;

/** The options with what the network is trained with in the place of defaults. @throws UserError */
function withRecipe(options: BaselineOptions, command: Command): SizedOptions {
  const recipe = RECIPES[options.network];
  const asked = (name: 'lr' | 'gan') => command.getOptionValueSource(name) !== 'default';
  if (options.network === 'comodgan' && asked('gan') && options.gan !== recipe.gan)
    throw usageError(`--gan ${options.gan}: comodgan has the logistic loss of its paper (vanilla)`);
  return {
    ...options,
    width: options.width === 'narrow' ? recipe.narrow : (options.width ?? recipe.width),
    lr: asked('lr') ? options.lr : recipe.lr,
    gan: asked('gan') ? options.gan : recipe.gan,
  };
}

/** Adam moves all weights in one launch, so that they lie in one buffer. @throws UserError where the device binds none so large */
function checkFits({ device }: Gpu, design: NetworkDesign): void {
  const shapes = [...parameterShapes(networkOf(design).specs).values()];
  const bytes = shapes.reduce((sum, shape) => sum + 4 * product(shape), 0);
  const { maxStorageBufferBindingSize: limit } = device.limits;
  if (bytes > limit)
    throw usageError(
      `--width: ${design.kind} has ${bytes} bytes of weights, this device takes ${limit} at once; a smaller one, such as narrow, fits`,
    );
}

function printResult(out: string, { weights, quality, seconds }: BaselineResult): void {
  console.log(
    `${out}: ${weights.model} weights, all trained, ${weights.bytes} bytes; ${seconds.toFixed(1)} s of training`,
  );
  if (quality) printTable(QUALITY_COLUMNS, baselineRows(quality));
}

async function run(out: string, options: SizedOptions): Promise<number> {
  const { network, width, data, scenes, sceneCount, seed } = options;
  const size = options.size.width;
  const design = baselineDesign(network, width, size);
  checkLoadSize(network, design, size, options.loadSize?.width ?? size);
  const material = await gatherConcept(options, UNREAD);
  const picked = await pickPairs(material.source, options, seed);
  return onRunDevice(out, options, async (gpu, fresh) => {
    checkFits(gpu, design);
    if (picked.note) console.log(picked.note);
    const config = runConfig('baseline', options, gpu.choices, {
      design,
      concept: material.concept,
      data,
      scenes,
      sceneCount,
      pairs: undefined,
      pick: undefined,
      features: undefined,
      ...picked.about,
    });
    const { gan, lambdaL1, batch, steps, lr, flip, saveEvery, previewEvery } = options;
    const training = { gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery };
    const source = tolerantSource(picked.source, warn);
    const job = { design, ...training, config, size, ...material, source };
    const folder = await openRunFolder(out, config, { fresh });
    const result = await trainBaseline(gpu, folder, job).finally(() => folder.release());
    if (result.stopped) return STOP_CODES[result.stopped];
    printResult(out, result);
    return 0;
  });
}

/** `e2gan baseline OUT`: trains a network that E2GAN is compared with, on one concept from scratch. */
export function baselineCommand(): Command {
  const command = new Command('baseline')
    .description('train a network that E2GAN is compared with on one concept from scratch')
    .argument('<out>', 'run folder; gets base.safetensors; the same command on it resumes')
    .addOption(
      new Option(
        '--network <name>',
        "pix2pix's with 9 blocks, its U-Net, or Co-Mod-GAN (which has --lr 0.002 and a GAN loss of its own; its paper has --lambda-l1 0)",
      )
        .choices(BASELINES)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--width <n>',
        'channels of the first layer, of comodgan the most of any, or "narrow" for small devices: 16, comodgan 32 (default: the published 64, comodgan 512)',
      ).argParser((value) => (value === 'narrow' ? value : integer({ min: 1, max: 4096 })(value))),
    );
  addPairOptions(command).addOption(conceptOption());
  return addTrainOptions(addPickOptions(command), { steps: 1000, size: 64 }).action(
    async (out: string, options: BaselineOptions) => {
      process.exitCode = await run(out, withRecipe(options, command));
    },
  );
}
