import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Prepared, serve } from '../child.ts';
import { namedNodes } from '../graph/graph.ts';
import type { FloatsByName } from '../graph/values.ts';
import type { Workload } from '../protocol.ts';
import { runGraph } from './tfjs_graph.ts';
import { adapterName, installWebgpu } from './webgpu_globals.ts';

// tfjs on its WebGPU backend. Pictures have channels last, as ours.

installWebgpu();
const tf = createRequire(import.meta.url)(
  fileURLToPath(new URL('./tfjs_library.cjs', import.meta.url)),
) as typeof import('@tensorflow/tfjs-core');

/** The parts of the backend that say when work has been done. */
interface Backend {
  readonly device: GPUDevice;
  readonly computePassEncoder: GPUComputePassEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** Submits what has been recorded and waits for it; `submitQueue` alone leaves a pass open. */
async function finish(): Promise<void> {
  const backend = tf.backend() as unknown as Backend;
  if (backend.computePassEncoder) backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.device.queue.onSubmittedWorkDone();
}

function prepare({ graph, wanted, step }: Workload, values: FloatsByName): Prepared {
  if (step) throw new Error('no training step is built for it');
  const names = [...namedNodes(graph).keys(), ...(wanted.length ? ['dy'] : [])];
  const tensors: Record<string, Tensor> = {};
  for (const name of names) {
    const { shape, data } = values.get(name)!;
    tensors[name] = tf.tensor(data, [...shape]);
  }
  const compute = (): Record<string, Tensor> => {
    if (!wanted.length) return runGraph(tf, graph, tensors);
    const forward = (...by: Tensor[]): Tensor => {
      const given = Object.fromEntries(wanted.map((name, i) => [name, by[i]!]));
      return runGraph(tf, graph, { ...tensors, ...given }).y!;
    };
    const by = wanted.map((name) => tensors[name]!);
    const { value, grads } = tf.valueAndGrads(forward)(by, tensors.dy!);
    return { y: value, ...Object.fromEntries(wanted.map((name, i) => [`d ${name}`, grads[i]!])) };
  };
  let results: Record<string, Tensor> = {};
  return {
    run: async () => {
      tf.dispose(results);
      results = tf.tidy(compute);
      await finish();
    },
    outputs: async () => {
      const read = new Map();
      for (const [name, tensor] of Object.entries(results))
        read.set(name, { shape: tensor.shape, data: Float32Array.from(await tensor.data()) });
      return read;
    },
  };
}

serve({
  open: async () => {
    await tf.setBackend('webgpu');
    await tf.ready();
    return { device: await adapterName() };
  },
  prepare: async (workload, values) => prepare(workload, values),
});
