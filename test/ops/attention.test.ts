import { attentionSpec } from './attention.ts';
import { runSpecs } from './run_specs.ts';

runSpecs([attentionSpec], { cores: true });
