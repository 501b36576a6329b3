import {
  bceWithLogitsSpec,
  discriminatorLossSpec,
  generatorLossSpec,
  l1Spec,
  mseSpec,
  smoothL1Spec,
} from './loss.ts';
import { runSpecs } from './run_specs.ts';

runSpecs([l1Spec, smoothL1Spec, mseSpec, bceWithLogitsSpec, discriminatorLossSpec, generatorLossSpec]);
