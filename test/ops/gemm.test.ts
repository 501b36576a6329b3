import { linearSpec, matmulSpec } from './matmul.ts';
import { anyCore, runSpecs } from './run_specs.ts';
import { transposeSpec } from './transpose.ts';

runSpecs([matmulSpec, linearSpec, transposeSpec], anyCore);
