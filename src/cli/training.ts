import { type DiscriminatorConfig, discriminatorSpecs } from '../model/discriminator.ts';
import type { GeneratorConfig } from '../model/generator_spec.ts';
import { defaultRanks, type Ranks } from '../model/lora.ts';
import type { Arrays } from '../model/weights.ts';
import { initialLora, initialWeights } from '../train/init.ts';
import { Random } from '../train/random.ts';
import type { Trainer } from '../train/trainer.ts';

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

/** Ranks from `path=rank,path=rank`, or the default ones. @throws Error naming a bad entry */
export function parseRanks(text: string | undefined, config: GeneratorConfig): Ranks {
  if (text === undefined) return defaultRanks(config);
  const ranks = new Map<string, number>();
  for (const entry of text.split(',')) {
    const match = /^([\w.]+)=(\d{1,4})$/.exec(entry.trim());
    if (!match || Number(match[2]) < 1) throw new Error(`"${entry}" is not layer=rank, such as up1=8`);
    ranks.set(match[1]!, Number(match[2]));
  }
  return ranks;
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
