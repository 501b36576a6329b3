import type { Array as JaxArray } from '@jax-js/jax';
import type { Prepared } from '../child.ts';
import { channelsFirst, channelsLast } from '../graph/channels_first.ts';
import { namedNodes } from '../graph/graph.ts';
import type { Floats, FloatsByName } from '../graph/values.ts';
import type { Workload } from '../protocol.ts';
import { runGraph } from './jax_graph.ts';
import type { Named } from './jax_step.ts';

// A graph compiled by jax-js, in Node or a browser.

/** The library; in Node it is imported when Node has a browser's globals. */
export type JaxLibrary = typeof import('@jax-js/jax');

type Kinds = ReturnType<typeof namedNodes>;

export const kindOf = (kinds: Kinds, name: string) => kinds.get(name)?.kind ?? 'input';

/** Arrays on the device, of some of the values. */
export function upload(
  { numpy: np }: JaxLibrary,
  values: FloatsByName,
  names: Iterable<string>,
  kinds: Kinds,
): Named {
  return Object.fromEntries(
    [...names].map((name) => {
      const { shape, data } = channelsFirst(values.get(name)!, kindOf(kinds, name));
      return [name, np.array(data, { shape: [...shape], dtype: np.float32 })];
    }),
  );
}

/** An array in the runtime's layout. */
export async function readBack(x: JaxArray, kind: Parameters<typeof channelsLast>[1]): Promise<Floats> {
  const data = Float32Array.from((await x.ref.data()) as Float32Array);
  return channelsLast({ shape: x.shape, data }, kind);
}

/** References for a call, which takes its arguments away. */
export const refs = (named: Named): Named =>
  Object.fromEntries(Object.entries(named).map(([n, x]) => [n, x.ref]));

const disposeAll = (named: Named): void => {
  for (const x of Object.values(named)) x.dispose();
};

/** A graph's outputs, and `d <name>` for each tensor to differentiate by. */
export function prepareGraph(
  library: JaxLibrary,
  { graph, wanted }: Workload,
  values: FloatsByName,
): Prepared {
  const { blockUntilReady, jit, lax, nn, numpy: np, vjp } = library;
  const jax = { np, lax, nn };
  const kinds = namedNodes(graph);
  const named = upload(library, values, [...kinds.keys(), ...(wanted.length ? ['dy'] : [])], kinds);
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
