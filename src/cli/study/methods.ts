import type { ComodganConfig } from '../../model/comodgan_spec.ts';
import {
  type CountedNetwork,
  countedComodgan,
  countedGenerator,
  countedResnet,
  countedUnet,
} from '../../model/counts.ts';
import { e2ganNetwork, type GeneratorNetwork } from '../../model/generator_network.ts';
import type { GeneratorConfig } from '../../model/generator_spec.ts';
import { defaultRanks, type Ranks } from '../../model/lora.ts';
import { type NetworkDesign, networkOf } from '../../model/network_design.ts';
import { discriminatorFor } from '../../train/first_weights.ts';
import { type BaselineName, baselineDesign } from '../baseline_networks.ts';
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
  readonly comodgan?: ComodganConfig;
  readonly counted: CountedNetwork;
  readonly ranks: Ranks | null;
  readonly fromBase: boolean;
  readonly steps: number;
}

const BASELINE_NAMES: Readonly<Record<BaselineName, string>> = {
  resnet9: 'pix2pix ResNet-9 from scratch',
  unet: 'pix2pix U-Net from scratch',
  comodgan: 'Co-Mod-GAN from scratch',
};

function countedOf(design: NetworkDesign): CountedNetwork {
  switch (design.kind) {
    case 'e2gan':
      return countedGenerator(design.config);
    case 'resnet':
      return countedResnet(design.config);
    case 'unet':
      return countedUnet(design.config);
    case 'comodgan':
      return countedComodgan(design.config);
  }
}

/** As wide as the study's generator; Co-Mod-GAN, whose published width is 512, too. */
function baseline(
  id: BaselineName,
  { width }: GeneratorConfig,
  size: number,
): Pick<Method, 'name' | 'network' | 'comodgan' | 'counted'> {
  const design = baselineDesign(id, width, size);
  return {
    name: BASELINE_NAMES[id],
    network: networkOf(design),
    counted: countedOf(design),
    ...(design.kind === 'comodgan' ? { comodgan: design.config } : {}),
  };
}

/** The paper's method, and those it is held against. */
export function studyMethods({ generator, steps, baselines, training }: Study): Method[] {
  const network = e2ganNetwork(generator);
  const counted = countedGenerator(generator);
  const tuned = { network, counted, fromBase: true, steps: steps.tune };
  const fresh = { ranks: null, fromBase: false, steps: steps.scratch };
  return [
    { id: 'lora', name: 'E2GAN: LoRA from the base', ...tuned, ranks: defaultRanks(generator) },
    { id: 'full', name: 'all weights, from the base', ...tuned, ranks: null },
    { id: 'scratch', name: 'the same network from scratch', network, counted, ...fresh },
    ...baselines.map((id) => ({ id, ...fresh, ...baseline(id, generator, training.size) })),
  ];
}

/** What trials of a study share; an adapter's learning rate is its own. */
export const commonOf = (
  { generator, training, fullRate }: Study,
  start: TrialStart,
  isAdapter: boolean,
): Pick<Trial, 'discriminator' | 'training' | 'start'> => ({
  discriminator: discriminatorFor(generator),
  training: { ...training, lr: isAdapter ? training.lr : fullRate },
  start,
});

/** Methods that use E2GAN's own generator. */
export const OWN: readonly string[] = ['lora', 'full', 'scratch'];

// A curve has so many points.
const POINTS = 5;

/** Points of the curve, for the first seed only: judging takes time. */
const curveOf = ({ seeds }: Study, seed: number, steps: number): Pick<Trial, 'curveEvery'> =>
  seed === seeds[0] ? { curveEvery: Math.ceil(steps / POINTS) } : {};

/** How adapters are trained, beyond what all have in common. */
export interface AdapterVariant {
  /** Of the trials' names. */
  readonly id: string;
  readonly ranks?: Ranks;
  /** Instead of the targets' own. */
  readonly pairs?: readonly Trial['pairs'][];
  /** Whether they are the adapters of the methods, whose curves are drawn for the first seed. */
  readonly curved?: boolean;
}

/** An adapter of a base on each target with one seed. */
export async function adaptersOf(
  study: Study,
  base: StudyBase,
  seed: number,
  { id, ranks, pairs: targets = study.targets, curved = false }: AdapterVariant,
): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  const { tune: steps } = study.steps;
  for (const pairs of targets)
    results.push(
      await runTrial(study.bench, {
        ...commonOf(study, startOf(base.model), true),
        ...(curved ? curveOf(study, seed, steps) : {}),
        ...{ pairs, steps, seed },
        name: `${id}-${slug(pairs.concept)}-${seed}`,
        network: e2ganNetwork(study.generator),
        ranks: ranks ?? defaultRanks(study.generator),
      }),
    );
  return results;
}

/** Results of all methods on all targets with all seeds, by method; the base of each seed is the clustered one. */
export async function runMethods(
  study: Study,
  methods: readonly Method[],
): Promise<Map<string, TrialResult[]>> {
  const results = new Map<string, TrialResult[]>(methods.map(({ id }) => [id, []]));
  for (const seed of study.seeds) {
    const start = startOf((await studyBase(study, 'clustered', seed)).model);
    // Other networks take long and vary little: the first seed has to do.
    const asked = methods.filter(({ id }) => seed === study.seeds[0] || OWN.includes(id));
    for (const { id, name: _, counted: __, fromBase, steps, ...method } of asked)
      for (const pairs of study.targets) {
        const result = await runTrial(study.bench, {
          ...commonOf(study, fromBase ? start : SCRATCH, method.ranks !== null),
          ...method,
          ...curveOf(study, seed, steps),
          ...{ pairs, steps, seed },
          name: `${id}-${slug(pairs.concept)}-${seed}`,
        });
        results.get(id)!.push(result);
      }
  }
  return results;
}
