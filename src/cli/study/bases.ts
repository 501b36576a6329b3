import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BaseKind, conceptSet } from '../../train/method/concept_sets.ts';
import { type BaseModel, readBaseModel } from '../base_model.ts';
import { trainBase } from '../base_training.ts';
import { remove } from '../files.ts';
import { openRunFolder, wasBegunWith } from '../run_folder.ts';
import { Interrupted } from '../signals.ts';
import type { Study } from './study.ts';

/** A base of the study with the concepts that it knows. */
export interface StudyBase {
  readonly kind: BaseKind;
  readonly concepts: readonly string[];
  readonly model: BaseModel;
}

const SAVE_EVERY = 500;

/** The concepts of a base, by name. */
export const conceptsOfBase = ({ pool, k }: Study, kind: BaseKind, seed: number): string[] =>
  conceptSet(kind, pool.rows, k, seed).map((i) => pool.names[i]!);

/** Trains a base into `bases/<kind>-<seed>`, or takes the one that is there. @throws Interrupted */
export async function studyBase(study: Study, kind: BaseKind, seed: number): Promise<StudyBase> {
  const { bench, generator, steps, pool } = study;
  const training = { ...study.training, lr: study.fullRate };
  const concepts = conceptsOfBase(study, kind, seed);
  const source = pool.source(concepts);
  const path = join(bench.folder, 'bases', `${kind}-${seed}`);
  const file = join(path, 'base.safetensors');
  const config = {
    kind: 'base',
    concepts,
    ...generator,
    ...training,
    steps: steps.base,
    pairs: source.count,
    seed,
  };
  const begun = await wasBegunWith(path, config);
  if (!begun || !existsSync(file)) {
    const run = await openRunFolder(path, config, { fresh: !begun });
    try {
      const about = new Map([
        ['e2gan.name', `${kind}-${seed}`],
        ['e2gan.concepts', concepts.join(',')],
        ['e2gan.steps', String(steps.base)],
      ]);
      const { stopped } = await trainBase(bench.gpu, run, {
        ...{ generator, source, heldOut: [], seed, config, about, ...training },
        steps: steps.base,
        saveEvery: SAVE_EVERY,
        previewEvery: Number.MAX_SAFE_INTEGER,
      });
      if (stopped) throw new Interrupted(stopped);
      await remove(run.file('checkpoints'));
    } finally {
      await run.release();
    }
  }
  return { kind, concepts, model: await readBaseModel(file) };
}
