import { batchNormSpec } from './batch_norm.ts';
import { groupNormSpec } from './group_norm.ts';
import { instanceNormSpec } from './instance_norm.ts';
import { layerNormSpec } from './layer_norm.ts';
import { rmsNormSpec } from './rms_norm.ts';
import { runSpecs } from './run_specs.ts';

runSpecs([instanceNormSpec, groupNormSpec, batchNormSpec, layerNormSpec, rmsNormSpec]);
