import type { Array as JaxArray } from '@jax-js/jax';
import { type Prepared, serve } from '../child.ts';
import { channelsFirst, channelsLast } from '../graph/channels_first.ts';
import { namedNodes } from '../graph/graph.ts';
import type { Floats, FloatsByName } from '../graph/values.ts';
import type { StepWork, Workload } from '../protocol.ts';
import { runGraph } from './jax_graph.ts';
import { installIteratorMethods } from './jax_iterators.ts';
import { makeStep, type Named, type StepState } from './jax_step.ts';
import { adapterName, installWebgpu } from './webgpu_globals.ts';

// @jax-js/jax, compiled by its jit; arrays on the device.

installWebgpu();
installIteratorMethods();
const {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy: np,
  valueAndGrad,
  vjp,
} = await import('@jax-js/jax');
const jax = { np, lax, nn };

type Kinds = ReturnType<typeof namedNodes>;

const kindOf = (kinds: Kinds, name: string) => kinds.get(name)?.kind ?? 'input';

function upload(values: FloatsByName, names: Iterable<string>, kinds: Kinds): Named {
  return Object.fromEntries(
    [...names].map((name) => {
      const { shape, data } = channelsFirst(values.get(name)!, kindOf(kinds, name));
      return [name, np.array(data, { shape: [...shape], dtype: np.float32 })];
    }),
  );
}

async function readBack(x: JaxArray, kind: Parameters<typeof channelsLast>[1]): Promise<Floats> {
  const data = Float32Array.from((await x.ref.data()) as Float32Array);
  return channelsLast({ shape: x.shape, data }, kind);
}

const refs = (named: Named): Named => Object.fromEntries(Object.entries(named).map(([n, x]) => [n, x.ref]));

const disposeAll = (named: Named): void => {
  for (const x of Object.values(named)) x.dispose();
};

/** A graph's outputs, and `d <name>` for each tensor to differentiate by. */
function prepareGraph({ graph, wanted }: Workload, values: FloatsByName): Prepared {
  const kinds = namedNodes(graph);
  const named = upload(values, [...kinds.keys(), ...(wanted.length ? ['dy'] : [])], kinds);
  const compiled = jit((given: Named): Named => {
    if (!wanted.length) return runGraph(jax, graph, given);
    const { dy, ...rest } = given as Named & { dy: JaxArray };
    const of = Object.fromEntries(wanted.map((name) => [name, rest[name]!.ref]));
    const forward = (by: Named): JaxArray => runGraph(jax, graph, { ...rest, ...by }).y!;
    const [y, pullBack] = vjp(forward, [of]) as unknown as [JaxArray, (dy: JaxArray) => [Named]];
    const [grads] = pullBack(dy);
    return { y, ...Object.fromEntries(wanted.map((name) => [`d ${name}`, grads[name]!])) };
  });
  let results: Named = {};
  return {
    run: async () => {
      disposeAll(results);
      results = compiled(refs(named));
      await blockUntilReady(results);
    },
    outputs: async () => {
      const read = new Map<string, Floats>();
      for (const [name, x] of Object.entries(results))
        read.set(name, await readBack(x, kindOf(kinds, name.replace(/^d /, ''))));
      return read;
    },
  };
}

/** A training step. Outputs: `losses` (discriminator, GAN, L1), and the first moments `m <name>` of all that is trained. */
function prepareStep(step: StepWork, values: FloatsByName): Prepared {
  const kinds = new Map([...namedNodes(step.generator), ...namedNodes(step.discriminator)]);
  const weights = (prefix: RegExp) =>
    [...kinds].flatMap(([n, k]) => (prefix.test(n) && k.kind !== 'input' ? [n] : []));
  const judged = weights(/^discriminator\./);
  const frozenNames = weights(/^generator\./).filter((name) => !step.trained.includes(name));
  const frozen = upload(values, frozenNames, kinds);
  const pictures = upload(values, ['source', 'target', 'context'], kinds);
  const moments = (): Named => {
    const all = upload(values, [...step.trained, ...judged], kinds);
    return Object.fromEntries(Object.entries(all).map(([name, x]) => [name, np.zerosLike(x)]));
  };
  let state: StepState = {
    trained: upload(values, step.trained, kinds),
    judge: upload(values, judged, kinds),
    m: moments(),
    v: moments(),
  };
  const compiled = jit(makeStep(jax, valueAndGrad, vjp, step) as never) as unknown as ReturnType<
    typeof makeStep
  >;
  let count = 0;
  let losses: JaxArray | null = null;
  return {
    run: async () => {
      count++;
      const { beta1, beta2 } = step.adam;
      const corrections = np.array([1 - beta1 ** count, 1 - beta2 ** count]);
      const { source, target, context } = pictures as Record<string, JaxArray>;
      const inputs = {
        frozen: refs(frozen),
        source: source!.ref,
        target: target!.ref,
        context: context!.ref,
        corrections,
      };
      losses?.dispose();
      ({ state, losses } = compiled(state, inputs));
      await blockUntilReady([losses, state.trained]);
    },
    outputs: async () => {
      const read = new Map([['losses', await readBack(losses!, 'input')]]);
      for (const [name, m] of Object.entries(state.m))
        read.set(`m ${name}`, await readBack(m, kindOf(kinds, name)));
      return read;
    },
  };
}

serve({
  open: async () => {
    await init('webgpu');
    defaultDevice('webgpu');
    return { device: await adapterName() };
  },
  prepare: async (workload, values) =>
    workload.step ? prepareStep(workload.step, values) : prepareGraph(workload, values),
});
