import * as jax from '@jax-js/jax';
import type { Library } from '../child.ts';
import { prepareGraph } from './jax_prepared.ts';

/** jax-js in a browser, forward and backward, no training step. */
export const jaxWeb: Library = {
  open: async () => {
    const devices = await jax.init('webgpu');
    if (!devices.includes('webgpu')) throw new Error('jax-js finds no WebGPU here');
    jax.defaultDevice('webgpu');
    return { device: 'webgpu' };
  },
  prepare: async (workload, values) => prepareGraph(jax, workload, values),
};
