// @ts-check
// Run as a child process: prints the WebGPU adapter as one line of JSON, `null` where there is none.
import { create } from 'webgpu';

const adapter = await create([]).requestAdapter();
const report = adapter && {
  vendor: adapter.info.vendor,
  architecture: adapter.info.architecture,
  device: adapter.info.device,
  description: adapter.info.description,
  software: adapter.info.isFallbackAdapter,
};
console.log(JSON.stringify(report));
