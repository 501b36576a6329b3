// The package's entry point `e2gan/training`: fine-tuning, in browsers and in Node.
export type { Picture } from '../model/picture.ts';
export { renderPair, renderScene, sceneConcepts } from '../train/scenes/scenes.ts';
export type { Losses } from '../train/trainer.ts';
export type { FileSource, OnProgress, Progress } from './download.ts';
export {
  type AdapterBytes,
  type FinetuneOptions,
  type FinetuneResult,
  finetune,
  type TrainingPair,
} from './finetune.ts';
