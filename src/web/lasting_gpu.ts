import { Gpu } from '../runtime/gpu.ts';
import { Losses, wasLost } from '../runtime/losses.ts';
import { messageOf, WebError } from './web_error.ts';

/**
 * Runs `work` on a device of its own. Where that is lost, `work` is run again on another; it is to go on from what it
 * keeps outside of itself. @param onLost - hears why
 * @throws WebError `lost` after three losses within a minute; Error where no device answers; whatever else `work` throws
 */
export async function onLastingGpu<T>(
  work: (gpu: Gpu) => Promise<T>,
  onLost: (reason: string) => void,
): Promise<T> {
  const losses = new Losses();
  for (;;) {
    const gpu = await Gpu.open();
    try {
      return await work(gpu);
    } catch (error) {
      if (!(await wasLost(error, gpu))) throw error;
      const reason = messageOf(error);
      if (!losses.again(performance.now()))
        throw new WebError(
          'lost',
          `The graphics device was lost ${losses.limit} times in a minute (${reason}): reload the page and resume, or try smaller crops.`,
          { cause: error },
        );
      onLost(reason);
    } finally {
      gpu.close();
    }
  }
}
