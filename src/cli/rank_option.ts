import type { GeneratorConfig } from '../model/generator_spec.ts';
import { defaultRanks, type Ranks } from '../model/lora.ts';

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
