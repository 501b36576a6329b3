/** The browser's entry point. @throws Error where the browser has no WebGPU. */
export function navigatorGpu(_backend?: string): GPU {
  if (!navigator.gpu) throw new Error('this browser has no WebGPU');
  return navigator.gpu;
}
