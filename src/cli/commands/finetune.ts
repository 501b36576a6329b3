import { Command, Option } from 'commander';
import { generatorSpecs } from '../../model/generator_spec.ts';
import { loraShapes } from '../../model/lora.ts';
import type { StoredDtype } from '../../model/safetensors.ts';
import { type BaseModel, readBaseModel, SHIPPED_BASE } from '../base_model.ts';
import { addPairOptions, type ConceptOptions, conceptOption, gatherConcept } from '../concept_material.ts';
import { messageOf, usageError } from '../errors.ts';
import { type FinetuneJob, type FinetuneResult, finetune, qualityRows } from '../finetune.ts';
import { tolerantSource } from '../folder_source.ts';
import { QUALITY_COLUMNS } from '../held_out.ts';
import { onRunDevice } from '../lasting_device.ts';
import { storedDtype, text } from '../options.ts';
import { addPickOptions, type PickOptions, pickPairs } from '../pick.ts';
import { parseRanks } from '../rank_option.ts';
import { openRunFolder } from '../run_folder.ts';
import { STOP_CODES } from '../signals.ts';
import { printTable } from '../table.ts';
import { addTrainOptions, runConfig } from '../train_options.ts';
import { readRanks } from '../trials/ranks_file.ts';
import { warn } from '../warn.ts';

interface FinetuneOptions extends ConceptOptions, PickOptions {
  readonly base: string;
  readonly ranks?: string;
  readonly full?: boolean;
  readonly adapterDtype?: StoredDtype;
}

async function ranksOf(options: FinetuneOptions, base: BaseModel): Promise<FinetuneJob['ranks']> {
  if (options.full && options.ranks) throw usageError('--full trains all weights: it takes no --ranks');
  if (options.full && options.adapterDtype)
    throw usageError('--full makes no adapter: it takes no --adapter-dtype');
  if (options.full) return null;
  const { ranks: text } = options;
  const { config } = base.generator;
  const given = text?.endsWith('.json') ? await readRanks(text) : null;
  try {
    const ranks = given ?? parseRanks(text, config);
    loraShapes(generatorSpecs(config), ranks); // Refuses what the network has no layer for.
    return ranks;
  } catch (error) {
    throw usageError(`--ranks: ${messageOf(error)}`);
  }
}

/** Prints what was made and how good it is. */
export function printResult(out: string, { weights, quality }: FinetuneResult): void {
  const share = ((100 * weights.trained) / weights.model).toFixed(2);
  console.log(
    `${out}: ${weights.trained} trained weights (${share} % of the model's ${weights.model}), ${weights.bytes} bytes`,
  );
  if (quality) printTable(QUALITY_COLUMNS, qualityRows(quality));
}

async function run(out: string, options: FinetuneOptions): Promise<number> {
  const base = await readBaseModel(options.base);
  const ranks = await ranksOf(options, base);
  const material = await gatherConcept(options, base.generator.config.context);
  const picked = await pickPairs(material.source, options, options.seed);
  const { data, scenes, sceneCount, gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery } =
    options;
  if (picked.note) console.log(picked.note);
  return onRunDevice(out, options, async (gpu, fresh) => {
    const config = runConfig('finetune', options, gpu.choices, {
      base: base.sha256,
      ranks: ranks && Object.fromEntries(ranks),
      // A run that is resumed may store its adapter otherwise: it trains the same.
      adapterDtype: undefined,
      concept: material.concept,
      data,
      scenes,
      sceneCount,
      pairs: undefined,
      pick: undefined,
      features: undefined,
      ...picked.about,
    });
    const training = { gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery };
    const source = tolerantSource(picked.source, warn);
    const stored = { ranks, adapterDtype: options.adapterDtype ?? ('F16' as const) };
    const job = { base, ...stored, ...training, config, size: options.size.width, ...material, source };
    const folder = await openRunFolder(out, config, { fresh });
    const result = await finetune(gpu, folder, job).finally(() => folder.release());
    if (result.stopped) return STOP_CODES[result.stopped];
    printResult(out, result);
    return 0;
  });
}

/** `e2gan finetune OUT`: learns one concept as a LoRA adapter. */
export function finetuneCommand(): Command {
  const command = new Command('finetune')
    .description('learn one concept from pairs as a small adapter on a base generator')
    .argument('<out>', 'run folder; gets the adapter; the same command on it resumes');
  addPairOptions(command)
    .addOption(
      new Option('--base <file>', 'base generator').argParser(text).default(SHIPPED_BASE, 'the shipped one'),
    )
    .addOption(conceptOption())
    .addOption(
      new Option(
        '--prompt <text>',
        'text that conditions the generator (default: the folder’s, else the concept)',
      ).argParser(text),
    )
    .addOption(
      new Option(
        '--ranks <list>',
        'layer=rank,... or a file of search-rank (default: 8 on sampling layers, 1 on the transformer)',
      ).argParser(text),
    )
    .addOption(
      new Option(
        '--adapter-dtype <type>',
        'how the adapter is stored, f16 or f32 (default: f16, half the bytes)',
      ).argParser(storedDtype),
    )
    .option('--full', 'train all weights of the generator instead of an adapter');
  return addTrainOptions(addPickOptions(command), { steps: 1000, size: 64 }).action(
    async (out: string, options: FinetuneOptions) => {
      process.exitCode = await run(out, options);
    },
  );
}
