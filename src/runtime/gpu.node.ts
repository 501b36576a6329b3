import { create, globals } from 'webgpu';

// Timestamps step by 65 µs unless Dawn is told otherwise; f16 on NVIDIA and experimental features want a word too.
const switches = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
  'disable-dawn-features=timestamp_quantization',
];

// Dawn crashes when an instance is collected while one of its devices still has work or callbacks, even after the
// device was destroyed; so there is one for all, and it lives as long as the process.
const instances = new Map<string, GPU>();

/** Dawn's entry point. It stays out of `globalThis.navigator`, where a reference would keep Node alive. */
export function navigatorGpu(backend?: string): GPU {
  Object.assign(globalThis, globals);
  const key = backend ?? '';
  const instance = instances.get(key) ?? create(backend ? [...switches, `backend=${backend}`] : switches);
  instances.set(key, instance);
  return instance;
}
