import { z } from 'zod';
import { readAdapter } from '../../src/model/adapter_file.ts';
import type { Adapter } from '../../src/model/adapter_layer.ts';
import { readKohya } from '../../src/model/kohya.ts';
import { Layers, type LoraMode, type LoraPair } from '../../src/model/layers.ts';
import { matchAdapter } from '../../src/model/match_adapter.ts';
import { type Arrays, Weights } from '../../src/model/weights.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { type Bar, barSchema, barsFor, type Check, checkOutputs } from './compare.ts';
import { evaluate } from './evaluate.ts';
import { adaptableModules, traceGraph } from './graph.ts';
import { weightLayout } from './layouts.ts';
import { gradientNames, type Network, networkExperiment, openNetwork } from './networks.ts';
import { type Case, type Folder, fieldsOf } from './read_case.ts';

const loraCase = z.object({
  base: z.string(),
  adapter: z.string(),
  kohya: z.string().optional(),
  expect: z.string(),
  outputs: z.record(z.string(), barSchema),
});

type Bars = Readonly<Record<string, Bar>>;

const onlyOutputs = (bars: Bars): Bars =>
  Object.fromEntries(Object.entries(bars).filter(([name]) => name.startsWith('out.')));

/** Runs a network with an adapter: read from PEFT's folder beside and merged, and from kohya's file beside. */
export async function runLoraCase(gpu: Gpu, folder: Folder, given: Case): Promise<Check[]> {
  const { base, adapter: path, kohya, expect, outputs } = fieldsOf(loraCase, given);
  const network = await openNetwork(gpu, folder, folder.find(base));
  const expected = await folder.tensors(expect);
  const modules = adaptableModules(network.graph, network.weights.shapes);
  const peft = readAdapter({
    config: await folder.bytes(`${path}/adapter_config.json`),
    weights: await folder.bytes(`${path}/adapter_model.safetensors`),
  });
  const runs: [string, Adapter, LoraMode, Bars][] = [
    ['peft', peft, 'beside', outputs],
    ['peft merged', peft, 'merged', onlyOutputs(outputs)],
  ];
  if (kohya) {
    const adapter = readKohya(await folder.bytes(kohya), [...modules.keys()]);
    runs.push(['kohya', adapter, 'beside', outputs]);
  }
  const checks: Check[] = [];
  for (const [label, adapter, mode, bars] of runs) {
    matchAdapter(adapter, modules);
    const got = await runAdapted(gpu, network, adapter, mode, gradientNames(bars));
    checks.push(...relabelled(label, checkOutputs(got, expected, barsFor(gpu, bars, 'network'))));
  }
  network.weights.dispose();
  return checks;
}

const relabelled = (label: string, checks: readonly Check[]): Check[] =>
  checks.map(({ tensor, ratio }) => ({ tensor: `${label} ${tensor}`, ratio }));

/** Output, and the gradients by the tensors of `wanted`, named as in PEFT's files without their prefix. */
async function runAdapted(
  gpu: Gpu,
  network: Network,
  { layers }: Adapter,
  mode: LoraMode,
  wanted: readonly string[],
): Promise<Map<string, Float32Array>> {
  const arrays: Arrays = new Map(
    [...layers].flatMap(([path, { A, B }]) => [
      [`${path}.lora_A.weight`, A] as const,
      [`${path}.lora_B.weight`, B] as const,
    ]),
  );
  const lora = new Weights(gpu, 'lora', new Map([...arrays].map(([name, { shape }]) => [name, shape])));
  lora.load(arrays);
  const tensor = (name: string) => lora.tensors.get(name)!;
  const pairs = new Map<string, LoraPair[]>(
    [...layers].map(([path, { scale }]) => [
      path,
      [{ A: tensor(`${path}.lora_A.weight`), B: tensor(`${path}.lora_B.weight`), scale }],
    ]),
  );
  const shared = networkExperiment(gpu, network);
  const got = await evaluate(gpu, {
    ...shared,
    gout: wanted.length ? shared.gout : null,
    wanted: () => new Map(wanted.map((name) => [name, tensor(name)])),
    fileOf: (name) => ({ shape: lora.shapes.get(name)!, layout: weightLayout }),
    trace: (tape, inputs) =>
      traceGraph(tape, network.graph, new Layers(network.weights.tensors, pairs, mode), inputs),
  });
  lora.dispose();
  return got;
}
