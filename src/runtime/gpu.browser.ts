/** The browser's entry point. @throws Error where the browser has no WebGPU. */
export function navigatorGpu(_backend?: string): GPU {
  if (!navigator.gpu) throw new Error('this browser has no WebGPU');
  return navigator.gpu;
}

/** Waits for what the device owes; a browser wakes the page by itself. */
export const deviceWait = <T>(owed: Promise<T>): Promise<T> => owed;
