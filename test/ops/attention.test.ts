import { attentionSpec } from './attention.ts';
import { mhaSpec } from './mha.ts';
import { runSpecs } from './run_specs.ts';

runSpecs([attentionSpec, mhaSpec], { cores: true });
