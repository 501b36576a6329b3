import type { Chance } from '../model/comodgan.ts';
import { type ComodganConfig, noiseLayers } from '../model/comodgan_spec.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { Random } from './random.ts';

const Z = 'z';
const DROPOUT = 'dropout';
const inputName = (path: string): string => `noise ${path}`;

/** Declares the random numbers of a step as inputs of the program that is being traced. */
export function chanceInputs(gpu: Gpu, config: ComodganConfig, batch: number): Chance {
  return {
    z: gpu.input(Z, [batch, config.width]),
    dropout: gpu.input(DROPOUT, [batch, 2 * config.width]),
    noise: new Map(
      noiseLayers(config).map(({ path, edge }) => [path, gpu.input(inputName(path), [batch, edge, edge, 1])]),
    ),
  };
}

/** The random numbers of step `step`, from the seed alone: a run that was cut in two draws the same. */
export function drawChance(
  config: ComodganConfig,
  batch: number,
  seed: number,
  step: number,
): Record<string, Float32Array> {
  const random = new Random(seed).fork(`chance ${step}`);
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  const noise = noiseLayers(config).map(({ path, edge }) => [inputName(path), normals(batch * edge ** 2)]);
  return {
    ...Object.fromEntries(noise),
    [Z]: normals(batch * config.width),
    // Half are dropped; the other half count twice.
    [DROPOUT]: Float32Array.from({ length: 2 * batch * config.width }, () => 2 * random.integer(2)),
  };
}
