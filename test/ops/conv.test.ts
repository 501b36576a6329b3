import { conv2dSpec } from './conv2d.ts';
import { runSpecs } from './run_specs.ts';

runSpecs([conv2dSpec], { cores: true });
