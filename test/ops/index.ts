import { activationSpec } from './activation.ts';
import { addSpec } from './add.ts';
import { attentionSpec } from './attention.ts';
import { avgPool2dSpec } from './avg_pool2d.ts';
import { batchNormSpec } from './batch_norm.ts';
import { concatSpec } from './concat.ts';
import { convTranspose2dSpec } from './conv_transpose2d.ts';
import { convTranspose2dLoraSpec } from './conv_transpose2d_lora.ts';
import { conv2dSpec } from './conv2d.ts';
import { conv2dLoraSpec } from './conv2d_lora.ts';
import { gegluSpec } from './geglu.ts';
import { groupNormSpec } from './group_norm.ts';
import { imageSpec } from './image.ts';
import { instanceNormSpec } from './instance_norm.ts';
import { inverseSqrtSpec } from './inverse_sqrt.ts';
import { layerNormSpec } from './layer_norm.ts';
import { linearLoraSpec } from './linear_lora.ts';
import {
  bceWithLogitsSpec,
  discriminatorLossSpec,
  generatorLossSpec,
  l1Spec,
  mseSpec,
  smoothL1Spec,
} from './loss.ts';
import { linearSpec, matmulSpec } from './matmul.ts';
import { maxPool2dSpec } from './max_pool2d.ts';
import { mergeLoraSpec } from './merge_lora.ts';
import { mhaSpec } from './mha.ts';
import { mulSpec, scaleSpec } from './mul.ts';
import { pad2dSpec } from './pad2d.ts';
import { pixelShuffleSpec } from './pixel_shuffle.ts';
import { meanSpec, sumSpec } from './reduce.ts';
import { resizeSpec } from './resize.ts';
import { rmsNormSpec } from './rms_norm.ts';
import { sliceSpec } from './slice.ts';
import { softmaxSpec } from './softmax.ts';
import type { OpSpec } from './spec.ts';
import { transposeSpec } from './transpose.ts';
import { winogradSpec } from './winograd.ts';

/** Every op of the runtime: `npm run bench -- --ops` times these, the rooms test looks for a name here. */
export const opSpecs: readonly OpSpec[] = [
  activationSpec,
  addSpec,
  attentionSpec,
  avgPool2dSpec,
  batchNormSpec,
  concatSpec,
  conv2dSpec,
  conv2dLoraSpec,
  convTranspose2dSpec,
  convTranspose2dLoraSpec,
  gegluSpec,
  groupNormSpec,
  imageSpec,
  inverseSqrtSpec,
  instanceNormSpec,
  layerNormSpec,
  linearLoraSpec,
  bceWithLogitsSpec,
  discriminatorLossSpec,
  generatorLossSpec,
  l1Spec,
  mseSpec,
  smoothL1Spec,
  linearSpec,
  matmulSpec,
  maxPool2dSpec,
  mergeLoraSpec,
  mhaSpec,
  mulSpec,
  scaleSpec,
  pad2dSpec,
  pixelShuffleSpec,
  meanSpec,
  sumSpec,
  resizeSpec,
  rmsNormSpec,
  sliceSpec,
  softmaxSpec,
  transposeSpec,
  winogradSpec,
];
