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

// Naps grow with the wait, so that none costs more than a sixteenth of it.
const NAP_SHARE = 1 / 16;
const LONGEST_NAP_MS = 1;
// The system wakes nobody sooner: a GPU is often done by then.
const SHORTEST_NAP_MS = 0.05;

const pillow = new Int32Array(new SharedArrayBuffer(4));
let waiting = 0;
let since = 0;
let napping = false;

function nap(): void {
  napping = waiting > 0;
  if (!napping) return;
  const share = (performance.now() - since) * NAP_SHARE;
  if (share > SHORTEST_NAP_MS) Atomics.wait(pillow, 0, 0, Math.min(LONGEST_NAP_MS, share));
  setImmediate(nap);
}

/**
 * Waits for what the device owes. Dawn's binding polls its promises in a loop of `setImmediate`, which fills a core, one
 * that a software device needs for its work; here the loop sleeps between two looks.
 */
export async function deviceWait<T>(owed: Promise<T>): Promise<T> {
  if (waiting++ === 0) since = performance.now();
  if (!napping) setImmediate(nap);
  napping = true;
  try {
    return await owed;
  } finally {
    waiting--;
  }
}
