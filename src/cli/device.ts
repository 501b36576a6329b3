import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { navigatorGpu } from '#navigator-gpu';
import { attend } from '../../scripts/steps.mjs';
import { Gpu } from '../runtime/gpu.ts';
import type { Choices } from '../runtime/tuner.ts';
import { errorCode, messageOf, UserError } from './errors.ts';
import { isTunedOff, tunedChoices } from './tuned.ts';

/** What setup left beside `dist/` about the device it found: `env` leads Vulkan's loader there. */
const ENVIRONMENT = z.looseObject({ env: z.record(z.string(), z.string()) });

/** What commands that compute have in common, as commander parses it. */
export interface DeviceOptions {
  /** Use what `e2gan tune` found on this device; true where absent. */
  readonly tuned?: boolean;
  /** What networks are stored in; f32 where absent. */
  readonly storage?: 'f32' | 'f16';
}

/** Adds `--no-tuned` and `--storage`. */
export const addDeviceOptions = (command: Command): Command =>
  command
    .option('--no-tuned', 'leave out what e2gan tune found, as E2GAN_TUNED=off does')
    .addOption(
      new Option(
        '--storage <type>',
        'f16 stores networks in half the memory, for GPUs; f32 by default',
      ).choices(['f32', 'f16']),
    );

/** Which device, as a line. */
export const deviceLine = ({ info, features }: Gpu): string =>
  `${info.description || info.device}${features.software ? ' (software: a GPU is far faster)' : ''}`;

/** Opens the device, runs `work` and closes it. @throws UserError where no adapter answers */
export async function withGpu<T>(options: DeviceOptions, work: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await openGpu(options);
  try {
    return await work(gpu);
  } finally {
    gpu.close();
  }
}

/**
 * `Gpu.open` with the tuned forms, its failure told as one line for the user.
 * @param fixed - the forms to use instead, whatever was tuned
 * @throws UserError
 */
export async function openGpu({ tuned = true, storage }: DeviceOptions, fixed?: Choices): Promise<Gpu> {
  const found = tuned && !isTunedOff() ? tunedChoices : new Map();
  try {
    return await Gpu.open({ choices: fixed ?? found, ...(storage && { storage }) });
  } catch (error) {
    throw new UserError(messageOf(error), 1, { cause: error });
  }
}

/** Whether there is any WebGPU adapter. */
export async function adapterAnswers(): Promise<boolean> {
  return (await navigatorGpu().requestAdapter()) !== null;
}

/**
 * Where no adapter answers, but setup unpacked a software device, runs this program again with the environment that
 * leads to it: the dynamic loader reads LD_LIBRARY_PATH only when a process starts.
 * @returns the exit code of that run; undefined where this process can go on
 */
export async function runOnUnpackedDevice(argv: readonly string[]): Promise<number | undefined> {
  const env = await unpackedEnvironment();
  const isNew = Object.entries(env).some(([name, value]) => process.env[name] !== value);
  if (!isNew || (await adapterAnswers())) return undefined;
  return attend(process.execPath, [...process.execArgv, ...argv.slice(1)], {
    env: { ...process.env, ...env },
  });
}

/** Empty where setup has not run, or found the system's own device. */
async function unpackedEnvironment(): Promise<Record<string, string>> {
  const path = fileURLToPath(new URL('../.vulkan/env.json', import.meta.url));
  try {
    return ENVIRONMENT.parse(JSON.parse(await readFile(path, 'utf8'))).env;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new UserError(`${path}: damaged; remove it and run: node scripts/setup.mjs vulkan`, 1, {
      cause: error,
    });
  }
}
