import { attentionSpec } from './attention.ts';
import { mhaSpec } from './mha.ts';
import { anyCore, runSpecs } from './run_specs.ts';

runSpecs([attentionSpec, mhaSpec], anyCore);
