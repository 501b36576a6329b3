import { z } from 'zod';
import { Layers } from '../../src/model/layers.ts';
import { finiteFloats } from '../../src/model/safetensors.ts';
import { type Arrays, type Shapes, Weights } from '../../src/model/weights.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { lossScale } from '../../src/train/gan_step.ts';
import { Unsupported } from './attrs.ts';
import { barSchema, barsFor, type Check, checkOutputs } from './compare.ts';
import { type Experiment, evaluate } from './evaluate.ts';
import { type Graph, graphSchema, traceGraph } from './graph.ts';
import { activationLayout, type Placed, weightLayout } from './layouts.ts';
import { type Case, type Folder, fieldsOf, type Tensors, tensorOf, withPrefix } from './read_case.ts';

const networkCase = z.object({
  graph: z.string(),
  weights: z.string(),
  data: z.string(),
  u8_inputs: z.array(z.string()).optional().default([]),
  outputs: z.record(z.string(), barSchema),
});

/** A network of a case on the device, with its inputs and what is expected of them. */
export interface Network {
  readonly graph: Graph;
  readonly weights: Weights;
  readonly data: Tensors;
}

/** Tensors of a file as weights. @throws FormatError for integers, NaN and infinities */
export const floatArrays = (tensors: Tensors): Arrays =>
  new Map([...tensors].map(([name, array]) => [name, finiteFloats(name, array)]));

export const shapesOf = (tensors: Tensors): Shapes =>
  new Map([...tensors].map(([name, { shape }]) => [name, shape]));

/** Weights on the device, under the names and with the shapes of a file. */
export function loadWeights(gpu: Gpu, name: string, tensors: Tensors): Weights {
  const weights = new Weights(gpu, name, shapesOf(tensors));
  weights.load(floatArrays(tensors));
  return weights;
}

/** Reads what a network case names. */
export async function openNetwork(gpu: Gpu, folder: Folder, given: Case): Promise<Network> {
  const files = fieldsOf(networkCase, given);
  if (files.u8_inputs.length) throw new Unsupported(`unsupported u8_inputs ${files.u8_inputs}`);
  const graph = await folder.json(files.graph, graphSchema);
  const data = await folder.tensors(files.data);
  return { graph, weights: loadWeights(gpu, 'weights', await folder.tensors(files.weights)), data };
}

/** What every run of a network has in common. */
export function networkExperiment(
  gpu: Gpu,
  { data }: Network,
): Pick<Experiment, 'inputs' | 'y' | 'gout' | 'storage' | 'scale'> {
  const place = (name: string): Placed => ({ ...tensorOf(data, name), layout: activationLayout });
  const names = [...withPrefix(data, 'in.').keys()];
  return {
    inputs: new Map(names.map((name) => [name, place(`in.${name}`)])),
    y: place('out.y'),
    gout: place('gout.y'),
    storage: gpu.storage,
    scale: lossScale(gpu),
  };
}

/** The gradients among a case's outputs, without their prefix. */
export const gradientNames = (outputs: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(outputs).flatMap((name) => (name.startsWith('grad.') ? [name.slice('grad.'.length)] : []));

const INPUT = 'input.';

/** Runs a network, and differentiates it by its weights and inputs. */
export async function runNetworkCase(gpu: Gpu, folder: Folder, given: Case): Promise<Check[]> {
  const { outputs } = fieldsOf(networkCase, given);
  const network = await openNetwork(gpu, folder, given);
  const { graph, weights, data } = network;
  const shared = networkExperiment(gpu, network);
  const inputOf = (name: string) => (name.startsWith(INPUT) ? name.slice(INPUT.length) : null);
  const got = await evaluate(gpu, {
    ...shared,
    wanted: (inputs) =>
      new Map(
        gradientNames(outputs).map((name) => {
          const input = inputOf(name);
          return [name, input === null ? weights.tensors.get(name)! : inputs[input]!];
        }),
      ),
    fileOf: (name) => {
      const input = inputOf(name);
      if (input !== null) return shared.inputs.get(input)!;
      return { shape: weights.shapes.get(name)!, layout: weightLayout };
    },
    trace: (tape, inputs) => traceGraph(tape, graph, new Layers(weights.tensors), inputs),
  });
  weights.dispose();
  return checkOutputs(got, data, barsFor(gpu, outputs, 'network'));
}
