import * as ort from 'onnxruntime-web/webgpu';
import type { Library, Prepared } from '../child.ts';
import { pictureFirst, pictureLast } from '../graph/channels_first.ts';
import type { Floats, FloatsByName } from '../graph/values.ts';
import { encodeModel, type OnnxGraph } from '../onnx/model.ts';
import { type AttentionForm, toOnnx } from '../onnx/translate.ts';
import type { Workload } from '../protocol.ts';

// onnxruntime-web on its WebGPU execution provider, in a browser. Form: how attention is written.

const NOTE = 'tensors on the device';
const OPTIONS = {
  executionProviders: ['webgpu'],
  logSeverityLevel: 3,
  preferredOutputLocation: 'gpu-buffer',
} as const;

const create = (graph: OnnxGraph): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(encodeModel(graph), OPTIONS);

function upload(device: GPUDevice, values: Floats): ort.Tensor {
  const { shape, data } = pictureFirst(values);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage });
  device.queue.writeBuffer(buffer, 0, data);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [...shape] });
}

async function prepare(workload: Workload, values: FloatsByName, form: string): Promise<Prepared> {
  if (workload.step || workload.wanted.length) throw new Error('runs forward only');
  const graph = toOnnx(workload.graph, values, form as AttentionForm);
  const session = await create(graph);
  const device = await ort.env.webgpu.device;
  const feeds: Record<string, ort.Tensor> = {};
  for (const name of graph.inputs.keys()) feeds[name] = upload(device, values.get(name)!);
  let results: ort.InferenceSession.ReturnType = {};
  return {
    note: NOTE,
    run: async () => {
      for (const value of Object.values(results)) value.dispose();
      results = await session.run(feeds);
      await device.queue.onSubmittedWorkDone();
    },
    outputs: async () => {
      const read = new Map<string, Floats>();
      for (const [name, value] of Object.entries(results)) {
        const data = Float32Array.from((await value.getData()) as Float32Array);
        read.set(name, pictureLast({ shape: value.dims, data }));
      }
      return read;
    },
  };
}

/** The library for a page that serves its WebAssembly at `wasm`. */
export const ortWeb = (wasm: string): Library => ({
  open: async () => {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm };
    return { device: 'WebGPU execution provider' };
  },
  prepare,
});
