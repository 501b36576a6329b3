import { finetune, renderPair } from '../../../src/web/training.ts';

// Training in the page, as tests call it.

const training = { finetune, renderPair };
export type TrainingPage = typeof training;
Object.assign(globalThis, { training });
