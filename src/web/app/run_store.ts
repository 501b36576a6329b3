import { createStore, delMany, getMany, set, setMany } from 'idb-keyval';
import type { FinetuneOptions, TrainingPair } from '../finetune.ts';
import { messageOf, WebError } from '../web_error.ts';

/** All that a training is made from, so that it can go on after the page was closed. */
export interface Run {
  readonly job: Pick<FinetuneOptions, 'concept' | 'prompt' | 'steps' | 'size' | 'seed' | 'lr'>;
  readonly base: Uint8Array;
  readonly discriminator?: Uint8Array;
  readonly pairs: readonly TrainingPair[];
}

const KEYS = ['run', 'checkpoint', 'step'] as const;
let opened: ReturnType<typeof createStore> | null = null;
const store = () => {
  opened ??= createStore('e2gan', 'runs');
  return opened;
};

/** IndexedDB says no when the disk is full, and in some private windows. */
async function kept<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new WebError(
      'memory',
      `The browser cannot keep the training (${messageOf(cause)}): free some space for this site.`,
      {
        cause,
      },
    );
  }
}

/** The one training that this browser keeps. */
export const runStore = {
  begin: async (run: Run) => {
    await kept(delMany([...KEYS], store()));
    await kept(set('run', run, store()));
  },
  /** Both or neither: one transaction. */
  saveCheckpoint: (step: number, bytes: Uint8Array) =>
    kept(
      setMany(
        [
          ['checkpoint', bytes],
          ['step', step],
        ],
        store(),
      ),
    ),
  async load(): Promise<{ run: Run; step: number; checkpoint: Uint8Array | undefined } | null> {
    const [run, checkpoint, step] = await kept(getMany([...KEYS], store()));
    return run ? { run, checkpoint, step: step ?? 0 } : null;
  },
  clear: () => kept(delMany([...KEYS], store())),
};
