import { didYouMean } from '../../model/nearest.ts';
import { renderPair, renderScene, sceneConcepts } from '../../train/scenes/scenes.ts';
import { Skips } from '../data/skips.ts';
import { usageError } from '../errors.ts';
import type { Concept } from './concepts.ts';
import type { SourceList } from './sources.ts';
import type { Teacher } from './teacher.ts';

/** Scenes of consecutive seeds, before any concept. They are squares. */
export function sceneSources(count: number, firstSeed: number): SourceList {
  const sources = Array.from({ length: count }, (_, i) => ({
    name: sceneName(firstSeed + i),
    load: async ({ width }: { width: number }) => renderScene(firstSeed + i, width),
  }));
  return { origin: `scenes from seed ${firstSeed} on`, sources, skips: new Skips() };
}

const sceneName = (seed: number): string => `scene_${String(seed).padStart(10, '0')}.png`;

/** Draws the source's scene again, under the concept. */
export function sceneTeacher(): Teacher {
  return {
    about: 'built-in scenes',
    config: { kind: 'scenes' },
    async edit({ source, size, concept }) {
      const seed = Number(/\d+/.exec(source.name)![0]);
      return renderPair(seed, size.width, concept.name).target;
    },
    close: () => {},
  };
}

/** Those concepts, which must be the scenes'. @throws UserError for one that the scenes do not know */
export function requireSceneConcepts(concepts: readonly Concept[], file: string): void {
  const known = sceneConcepts.map(({ name }) => name);
  const unknown = concepts.find(({ name }) => !known.includes(name))?.name;
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known);
  throw usageError(
    `${file}: the scenes have no concept ${unknown}${hint}; there are ${known.join(', ')} (or choose with --only)`,
  );
}
