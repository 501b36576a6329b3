import { availableParallelism } from 'node:os';
import { create, globals } from 'webgpu';

/** Gives Node the globals of a browser with WebGPU. Libraries are imported after this. */
export function installWebgpu(): void {
  Object.assign(globalThis, globals);
  const gpu = create(['disable-dawn-features=timestamp_quantization']);
  const value = { gpu, userAgent: 'node', hardwareConcurrency: availableParallelism() };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
}

/** How the adapter calls itself that a browser would give a library by default. */
export async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  return adapter?.info.description || adapter?.info.device || 'unknown';
}
