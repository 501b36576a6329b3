import type { Gpu } from '../runtime/gpu.ts';
import { Losses, wasLost } from '../runtime/losses.ts';
import type { Choices } from '../runtime/tuner.ts';
import { type DeviceOptions, openGpu } from './device.ts';
import { messageOf, UserError } from './errors.ts';
import { choicesOfRun } from './run_folder.ts';
import { warn } from './warn.ts';

/** A driver that has just been reset may need a while before it answers again. */
const REOPEN_TRIES = 5;
const REOPEN_PAUSE_MS = 1000;

/** Work on a device, from the start or from what it has left in files; `isFirst` is false after a loss. */
export type DeviceWork<T> = (gpu: Gpu, isFirst: boolean) => Promise<T>;

/** What a test replaces: how a device is opened, and what time it is. */
export interface DeviceSource {
  open(fixed?: Choices): Promise<Gpu>;
  now(): number;
  pause(ms: number): Promise<void>;
}

async function reopen(source: DeviceSource, choices: Choices): Promise<Gpu> {
  for (let tries = 1; ; tries++) {
    try {
      return await source.open(choices);
    } catch (error) {
      if (tries >= REOPEN_TRIES) throw error;
      await source.pause(REOPEN_PAUSE_MS);
    }
  }
}

/**
 * Runs `work` on a device. Where the device is lost, `work` is run again on a new one, with the same forms of kernels, so
 * that what it repeats has the same bits; it is to go on from what it keeps in files or outside of itself.
 * @throws UserError after three losses within a minute; whatever else `work` throws
 */
export async function onLastingDevice<T>(source: DeviceSource, work: DeviceWork<T>): Promise<T> {
  const losses = new Losses();
  let gpu = await source.open();
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await work(gpu, isFirst);
    } catch (error) {
      if (!(await wasLost(error, gpu))) throw error;
      if (!losses.again(source.now()))
        throw new UserError(
          `the device was lost ${losses.limit} times within a minute (${messageOf(error)}); what is saved is kept: update the driver or choose a smaller --size, then run the same command`,
          1,
          { cause: error },
        );
      warn(`${messageOf(error)}; going on with a new device`);
    } finally {
      gpu.close();
    }
    gpu = await reopen(source, gpu.choices);
  }
}

const deviceSource = (options: DeviceOptions, fixed?: Choices): DeviceSource => ({
  open: (choices) => openGpu(options, choices ?? fixed),
  now: () => performance.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** `onLastingDevice` with the devices of this machine. @throws UserError where no adapter answers */
export const withLastingGpu = <T>(options: DeviceOptions, work: DeviceWork<T>): Promise<T> =>
  onLastingDevice(deviceSource(options), work);

/**
 * The same for a run folder: with the forms of kernels that its run was begun with. `fresh` tells whether to start anew;
 * after a loss the run goes on from its newest checkpoint.
 */
export async function onRunDevice<T>(
  out: string,
  options: DeviceOptions & { readonly fresh?: boolean },
  work: (gpu: Gpu, fresh: boolean) => Promise<T>,
): Promise<T> {
  const fixed = await choicesOfRun(out, options);
  return onLastingDevice(deviceSource(options, fixed), (gpu, isFirst) =>
    work(gpu, isFirst && (options.fresh ?? false)),
  );
}
