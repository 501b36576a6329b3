import { type DiscriminatorConfig, discriminatorSpecs } from '../model/discriminator.ts';
import type { GeneratorConfig } from '../model/generator_spec.ts';
import type { Arrays } from '../model/weights.ts';
import { initialLora, initialWeights } from './init.ts';
import { Random } from './random.ts';
import type { Trainer } from './trainer.ts';

/** Weights that a training starts from; what is absent is drawn from the seed. */
export interface Start {
  readonly generator: Arrays | null;
  readonly discriminator: Arrays | null;
  readonly seed: number;
}

/** A discriminator as wide as the generator it judges. */
export const discriminatorFor = (config: GeneratorConfig): DiscriminatorConfig => ({
  width: config.width,
  channels: 6,
});

/** Gives a new trainer its first weights. */
export function initialise(trainer: Trainer, { generator, discriminator, seed }: Start): void {
  const { config } = trainer;
  const random = new Random(seed);
  const { specs } = config.generator;
  const first = generator ?? initialWeights(specs, random.fork('generator'));
  const judge =
    discriminator ?? initialWeights(discriminatorSpecs(config.discriminator), random.fork('discriminator'));
  const lora = config.ranks ? initialLora(specs, config.ranks, random.fork('lora')) : new Map();
  trainer.begin({ generator: first, discriminator: judge, lora });
}

/** Names of networks and sizes, so that a checkpoint of another architecture is refused. */
export function architectureOf({
  generator,
  discriminator,
  ranks,
  frozen,
}: Pick<Trainer['config'], 'generator' | 'discriminator' | 'ranks' | 'frozen'>): string {
  const kept = frozen?.size ? ` frozen ${[...frozen].join(',')}` : '';
  const lora = ranks ? ` lora ${[...ranks].map(([path, rank]) => `${path}=${rank}`).join(',')}` : '';
  return `${generator.name} patchgan ${JSON.stringify(discriminator)}${lora}${kept}`;
}
