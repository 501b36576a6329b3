import { convTranspose2dSpec } from './conv_transpose2d.ts';
import { conv2dSpec } from './conv2d.ts';
import { anyCore, runSpecs } from './run_specs.ts';

runSpecs([conv2dSpec, convTranspose2dSpec], anyCore);
