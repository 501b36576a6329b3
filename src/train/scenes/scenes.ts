import { quoted } from '../../model/format_error.ts';
import { didYouMean } from '../../model/nearest.ts';
import type { Picture } from '../../model/picture.ts';
import { dayLook } from './day.ts';
import { developPicture, paintCanvas } from './develop.ts';
import { disasters } from './disasters.ts';
import { drawings } from './drawings.ts';
import { buildSamples } from './geometry.ts';
import { hours } from './hours.ts';
import { paintings } from './paintings.ts';
import { prints } from './prints.ts';
import type { Concept, Recipe } from './recipe.ts';
import { seasons } from './seasons.ts';
import { weather } from './weather.ts';
import { wonders } from './wonders.ts';

export type { Concept } from './recipe.ts';

const recipes: readonly Recipe[] = [
  ...seasons,
  ...hours,
  ...weather,
  ...disasters,
  ...wonders,
  ...paintings,
  ...drawings,
  ...prints,
];

/** All concepts of the built-in scenes. */
export const sceneConcepts: readonly Concept[] = recipes.map(({ name, prompt }) => ({ name, prompt }));

/**
 * The scene of a seed as a picture of `size` x `size` pixels: a plain day, or under a concept. The
 * same arguments give the same bytes on every machine.
 * @throws Error that names an unknown concept, the nearest known name and all the others.
 */
export function renderScene(seed: number, size: number, concept?: string): Picture {
  if (concept !== undefined) return renderPair(seed, size, concept).target;
  const samples = buildSamples(seed, size);
  return developPicture(paintCanvas(samples, dayLook(samples)));
}

/**
 * The plain day and the same scene under a concept, pixel for pixel over each other.
 * @throws Error that names an unknown concept, the nearest known name and all the others.
 */
export function renderPair(seed: number, size: number, concept: string): { input: Picture; target: Picture } {
  const recipe = findRecipe(concept);
  const samples = buildSamples(seed, size);
  const day = dayLook(samples);
  const plain = paintCanvas(samples, day);
  const input = developPicture(plain);
  const canvas = recipe.look ? paintCanvas(samples, recipe.look(day, samples)) : plain;
  return { input, target: developPicture(recipe.finish?.(canvas, samples) ?? canvas) };
}

function findRecipe(name: string): Recipe {
  const found = recipes.find((recipe) => recipe.name === name);
  if (found) return found;
  const names = recipes.map((recipe) => recipe.name);
  throw new Error(
    `unknown scene concept ${quoted(name)}${didYouMean(name, names)}; there are ${names.join(', ')}`,
  );
}
