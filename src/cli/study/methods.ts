import {
  e2ganNetwork,
  type GeneratorNetwork,
  resnetNetwork,
  unetNetwork,
} from '../../model/generator_network.ts';
import { defaultRanks, type Ranks } from '../../model/lora.ts';
import { discriminatorFor } from '../training.ts';
import { runTrial, SCRATCH, type Trial, type TrialStart } from '../trials/trial.ts';
import type { TrialResult } from '../trials/trial_log.ts';
import { slug, startOf } from '../trials/trial_options.ts';
import { type StudyBase, studyBase } from './bases.ts';
import type { Study } from './study.ts';

/** A way of getting a network for a new concept. */
export interface Method {
  readonly id: string;
  readonly name: string;
  readonly network: GeneratorNetwork;
  readonly ranks: Ranks | null;
  readonly fromBase: boolean;
  readonly steps: number;
}

/** The paper's method, and those it is held against. */
export function studyMethods({ generator, steps, baselines, training }: Study): Method[] {
  const own = e2ganNetwork(generator);
  const { width } = generator;
  const resnet = resnetNetwork({ width, blocks: 9 });
  const unet = unetNetwork({ width, depth: Math.min(8, Math.floor(Math.log2(training.size))) });
  const all: Method[] = [
    {
      id: 'lora',
      name: 'E2GAN: LoRA from the base',
      network: own,
      ranks: defaultRanks(generator),
      fromBase: true,
      steps: steps.tune,
    },
    {
      id: 'full',
      name: 'all weights from the base',
      network: own,
      ranks: null,
      fromBase: true,
      steps: steps.tune,
    },
    {
      id: 'scratch',
      name: 'the same network from scratch',
      network: own,
      ranks: null,
      fromBase: false,
      steps: steps.scratch,
    },
    {
      id: 'resnet9',
      name: 'pix2pix ResNet-9 from scratch',
      network: resnet,
      ranks: null,
      fromBase: false,
      steps: steps.scratch,
    },
    {
      id: 'unet',
      name: 'pix2pix U-Net from scratch',
      network: unet,
      ranks: null,
      fromBase: false,
      steps: steps.scratch,
    },
  ];
  return all.filter(({ id }) => ['lora', 'full', 'scratch'].includes(id) || baselines.includes(id));
}

/** What trials of a study share. */
export const commonOf = (
  study: Study,
  start: TrialStart,
): Pick<Trial, 'discriminator' | 'training' | 'start'> => ({
  discriminator: discriminatorFor(study.generator),
  training: study.training,
  start,
});

/** An adapter of a base on each target with one seed. */
export async function adaptersOf(
  study: Study,
  base: StudyBase,
  seed: number,
  options: { readonly id: string; readonly ranks?: Ranks; readonly pairs?: readonly Trial['pairs'][] },
): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  for (const pairs of options.pairs ?? study.targets)
    results.push(
      await runTrial(study.bench, {
        ...commonOf(study, startOf(base.model)),
        name: `${options.id}-${slug(pairs.concept)}-${seed}`,
        network: e2ganNetwork(study.generator),
        ranks: options.ranks ?? defaultRanks(study.generator),
        pairs,
        steps: study.steps.tune,
        seed,
      }),
    );
  return results;
}

/** Results of all methods on all targets with all seeds, by method; the base of each seed is the clustered one. */
export async function runMethods(study: Study): Promise<Map<string, TrialResult[]>> {
  const methods = studyMethods(study);
  const results = new Map<string, TrialResult[]>(methods.map(({ id }) => [id, []]));
  for (const seed of study.seeds) {
    const start = startOf((await studyBase(study, 'clustered', seed)).model);
    for (const { id, network, ranks, fromBase, steps } of methods)
      for (const pairs of study.targets) {
        const trial = { ...commonOf(study, fromBase ? start : SCRATCH), network, ranks, pairs, steps, seed };
        // Curves are drawn of the first seed only: judging takes time.
        const curveEvery = seed === study.seeds[0] ? Math.ceil(steps / 5) : undefined;
        const name = `${id}-${slug(pairs.concept)}-${seed}`;
        const result = await runTrial(study.bench, { ...trial, name, ...(curveEvery ? { curveEvery } : {}) });
        results.get(id)!.push(result);
      }
  }
  return results;
}
