import { DivergedError } from '../../train/loop.ts';
import { renderPair, renderScene, sceneConcepts } from '../../train/scenes/scenes.ts';
import { type FinetuneOptions, finetune, type TrainingPair } from '../finetune.ts';
import { WebError } from '../web_error.ts';
import { serveCalls } from '../worker/rpc.ts';
import { type Run, runStore } from './run_store.ts';

// Training and the built-in scenes, away from the page and from the filter: a device of its own.

let stop: AbortController | null = null;

type Job = Pick<FinetuneOptions, 'concept' | 'prompt' | 'steps' | 'size' | 'seed' | 'lr'>;

async function scenePairs(concept: string, count: number, size: number): Promise<TrainingPair[]> {
  const pairs: TrainingPair[] = [];
  for (let seed = 0; seed < count; seed++) {
    pairs.push(renderPair(seed, size, concept));
    tell('pairs', { done: seed + 1, total: count });
    if (stop?.signal.aborted) break;
    // So that a click on pause is heard in between.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return pairs;
}

async function train(run: Run, checkpoint: Uint8Array | undefined) {
  stop = new AbortController();
  try {
    const result = await finetune({
      ...run.job,
      base: run.base,
      ...(run.discriminator && { discriminator: run.discriminator }),
      pairs: run.pairs,
      ...(checkpoint && { checkpoint }),
      signal: stop.signal,
      onProgress: (progress) => tell('progress', progress),
      onStep: (step, losses) => tell('step', { step, losses }),
      onLost: (step, reason) => tell('lost', { step, reason }),
      onAdapter: (step, files) => tell('adapter', { step, files }),
      onCheckpoint: async (step, bytes) => {
        await runStore.saveCheckpoint(step, bytes);
        tell('saved', step);
      },
    });
    const finished = result.step >= (run.job.steps ?? 0);
    if (finished) await runStore.clear();
    return { ...result, finished };
  } catch (error) {
    if (error instanceof DivergedError)
      throw new WebError(
        'stopped',
        `${error.message}. The last checkpoint is kept: resume with other pictures or fewer steps.`,
      );
    throw error;
  } finally {
    stop = null;
  }
}

const api = {
  concepts: () => sceneConcepts,
  scene: (seed: number, size: number, concept?: string) => renderScene(seed, size, concept),
  scenePairs,
  /** Learns from pairs, anew. */
  async start(run: Run) {
    if (stop) throw new WebError('stopped', 'A training is under way already.');
    await runStore.begin(run);
    return train(run, undefined);
  },
  /** What was left when the page was closed, or paused; null where nothing was. */
  async unfinished() {
    const found = await runStore.load();
    return found ? { job: found.run.job, step: found.step, pairs: found.run.pairs.length } : null;
  },
  async resume() {
    if (stop) throw new WebError('stopped', 'A training is under way already.');
    const found = await runStore.load();
    if (!found) throw new WebError('stopped', 'There is no training to resume.');
    return train(found.run, found.checkpoint);
  },
  pause: () => stop?.abort(),
  discard: () => runStore.clear(),
};

export type { Job };
export type TrainApi = typeof api;
const tell = serveCalls(globalThis as unknown as Parameters<typeof serveCalls>[0], api);
