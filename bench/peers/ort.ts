import * as ort from 'onnxruntime-node';
import type { Shape } from '../../src/runtime/shape.ts';
import { type Prepared, serve } from '../child.ts';
import { pictureFirst, pictureLast } from '../graph/channels_first.ts';
import type { Floats, FloatsByName } from '../graph/values.ts';
import { encodeModel, type OnnxGraph } from '../onnx/model.ts';
import { type AttentionForm, toOnnx } from '../onnx/translate.ts';
import type { Workload } from '../protocol.ts';

// onnxruntime-node on its native WebGPU execution provider. Form: how attention is written.
// Inputs and outputs stay on the device. The package has no call for that in Node, and `getData` of a device's tensor
// ends the process; but sessions share a queue and take each other's tensors. So `x + 0` uploads, `x + 0` with an
// output on the host reads back, and the same with one value waits for all that was enqueued before.

const OPTIONS = { executionProviders: [{ name: 'webgpu' }], logSeverityLevel: 3 } as const;
const NOTE = 'tensors on the device; waits by reading one value back';

const create = (graph: OnnxGraph, onDevice: boolean): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(
    encodeModel(graph),
    onDevice ? { ...OPTIONS, preferredOutputLocation: 'gpu-buffer' } : OPTIONS,
  );

/** x + 0. */
const copyGraph = (shape: Shape): OnnxGraph => ({
  nodes: [{ type: 'Add', inputs: ['x', 'zero'], outputs: ['y'] }],
  initializers: [{ name: 'zero', shape: [1], data: new Float32Array(1) }],
  inputs: new Map([['x', shape]]),
  outputs: new Map([['y', shape]]),
});

async function copy(x: ort.Tensor, onDevice: boolean): Promise<ort.Tensor> {
  const session = await create(copyGraph(x.dims), onDevice);
  const { y } = await session.run({ x });
  await session.release();
  return y as ort.Tensor;
}

async function upload(values: Floats): Promise<ort.Tensor> {
  const { shape, data } = pictureFirst(values);
  return copy(new ort.Tensor('float32', data, shape), true);
}

async function readBack(tensor: ort.Tensor): Promise<Floats> {
  const onHost = await copy(tensor, false);
  const data = Float32Array.from(onHost.data as Float32Array);
  return pictureLast({ shape: tensor.dims, data });
}

let waiter: ort.InferenceSession;
const one = new ort.Tensor('float32', new Float32Array(1), [1]);

async function prepare(workload: Workload, values: FloatsByName, form: string): Promise<Prepared> {
  if (workload.step || workload.wanted.length) throw new Error('runs forward only');
  const graph = toOnnx(workload.graph, values, form as AttentionForm);
  const session = await create(graph, true);
  const feeds: Record<string, ort.Tensor> = {};
  for (const name of graph.inputs.keys()) feeds[name] = await upload(values.get(name)!);
  let results: ort.InferenceSession.ReturnType = {};
  const dispose = () => {
    for (const value of Object.values(results)) (value as ort.Tensor).dispose();
  };
  return {
    note: NOTE,
    run: async () => {
      dispose();
      results = await session.run(feeds);
      await waiter.run({ x: one });
    },
    outputs: async () => {
      const read = new Map<string, Floats>();
      for (const [name, value] of Object.entries(results))
        read.set(name, await readBack(value as ort.Tensor));
      return read;
    },
  };
}

serve({
  open: async () => {
    waiter = await create(copyGraph([1]), false);
    return { device: 'native WebGPU execution provider' };
  },
  prepare,
});
