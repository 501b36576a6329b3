import { type Command, Option } from 'commander';
import type { GanKind } from '../runtime/ops/loss.ts';
import type { Choices } from '../runtime/tuner.ts';
import { addDeviceOptions, type DeviceOptions } from './device.ts';
import { decimal, integer, seed, size } from './options.ts';

/** Options that every training command has, as commander parses them. */
export interface TrainOptions extends DeviceOptions {
  readonly steps: number;
  readonly size: { readonly width: number };
  readonly loadSize?: { readonly width: number };
  readonly batch: number;
  readonly lr: number;
  readonly gan: GanKind;
  readonly lambdaL1: number;
  readonly flip: boolean;
  readonly seed: number;
  readonly heldOut: number;
  readonly saveEvery: number;
  readonly previewEvery: number;
  readonly fresh?: boolean;
}

/** Adds them. @param defaults - steps and edge of the crops */
export function addTrainOptions(command: Command, defaults: { steps: number; size: number }): Command {
  // The discriminator's patches need 24 pixels.
  const edge = size(8, { min: 24, max: 1024 });
  const count = (flags: string, what: string, value: number, min = 1) =>
    new Option(flags, what).argParser(integer({ min, max: 1e9 })).default(value);
  return addDeviceOptions(command)
    .addOption(count('--steps <n>', 'training steps', defaults.steps))
    .addOption(
      new Option('--size <px>', 'edge of the training crops, a multiple of 8')
        .argParser(edge)
        .default(edge(String(defaults.size)), String(defaults.size)),
    )
    .addOption(
      new Option(
        '--load-size <px>',
        'edge that pictures are scaled to before cropping (default: --size)',
      ).argParser(edge),
    )
    .addOption(count('--batch <n>', 'pairs per step', 1))
    .addOption(
      new Option('--lr <x>', "Adam's learning rate; falls to 0 over the second half")
        .argParser(decimal({ min: 1e-8, max: 1 }))
        .default(2e-4),
    )
    .addOption(
      new Option('--gan <kind>', 'adversarial loss').choices(['vanilla', 'lsgan', 'hinge']).default('lsgan'),
    )
    .addOption(
      new Option('--lambda-l1 <x>', 'weight of the L1 term')
        .argParser(decimal({ min: 0, max: 1e6 }))
        .default(100),
    )
    .addOption(new Option('--no-flip', 'do not mirror pairs at random'))
    .addOption(new Option('--seed <n>', 'of all random choices').argParser(seed).default(1))
    .addOption(
      count(
        '--held-out <n>',
        'pairs kept for testing: the last in order, unless the folder names a split',
        0,
        0,
      ),
    )
    .addOption(count('--save-every <n>', 'steps between checkpoints', 250))
    .addOption(count('--preview-every <n>', 'steps between preview pictures', 500))
    .option('--fresh', 'start anew in a folder that holds an earlier run');
}

/**
 * The settings of a run for `config.json`: all options but those that may change when it is resumed, and the forms that
 * its device was opened with, for they round in their own ways.
 */
export function runConfig(
  kind: string,
  options: TrainOptions,
  choices: Choices,
  rest: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { saveEvery: _, previewEvery: __, fresh: ___, tuned: ____, size: edge, loadSize, ...own } = options;
  const sizes = { size: edge.width, loadSize: loadSize?.width ?? edge.width };
  return { kind, ...own, ...rest, ...sizes, ...choicesSetting(choices) };
}

/** Tuned forms as a setting of a run; absent where there are none. */
export const choicesSetting = (choices: Choices): { choices?: Record<string, string> } =>
  choices.size ? { choices: Object.fromEntries(choices) } : {};
