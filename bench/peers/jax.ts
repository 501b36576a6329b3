import type { Array as JaxArray } from '@jax-js/jax';
import { type Prepared, serve } from '../child.ts';
import { namedNodes } from '../graph/graph.ts';
import type { FloatsByName } from '../graph/values.ts';
import type { StepWork } from '../protocol.ts';
import { installIteratorMethods } from './jax_iterators.ts';
import { kindOf, prepareGraph, readBack, refs, upload } from './jax_prepared.ts';
import { makeStep, type Named, type StepState } from './jax_step.ts';
import { adapterName, installWebgpu } from './webgpu_globals.ts';

// @jax-js/jax, compiled by its jit; arrays on the device.

installWebgpu();
installIteratorMethods();
const library = await import('@jax-js/jax');
const { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy: np, valueAndGrad, vjp } = library;
const jax = { np, lax, nn };

/** A training step. Outputs: `losses` (discriminator, GAN, L1), and the first moments `m <name>` of all that is trained. */
function prepareStep(step: StepWork, values: FloatsByName): Prepared {
  const kinds = new Map([...namedNodes(step.generator), ...namedNodes(step.discriminator)]);
  const weights = (prefix: RegExp) =>
    [...kinds].flatMap(([n, k]) => (prefix.test(n) && k.kind !== 'input' ? [n] : []));
  const judged = weights(/^discriminator\./);
  const frozenNames = weights(/^generator\./).filter((name) => !step.trained.includes(name));
  const frozen = upload(library, values, frozenNames, kinds);
  const pictures = upload(library, values, ['source', 'target', 'context'], kinds);
  const moments = (): Named => {
    const all = upload(library, values, [...step.trained, ...judged], kinds);
    return Object.fromEntries(Object.entries(all).map(([name, x]) => [name, np.zerosLike(x)]));
  };
  let state: StepState = {
    trained: upload(library, values, step.trained, kinds),
    judge: upload(library, values, judged, kinds),
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
    workload.step ? prepareStep(workload.step, values) : prepareGraph(library, workload, values),
});
