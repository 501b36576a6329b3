import { avgPool2dSpec } from './avg_pool2d.ts';
import { concatSpec } from './concat.ts';
import { imageSpec } from './image.ts';
import { maxPool2dSpec } from './max_pool2d.ts';
import { pad2dSpec } from './pad2d.ts';
import { pixelShuffleSpec } from './pixel_shuffle.ts';
import { resizeSpec } from './resize.ts';
import { runSpecs } from './run_specs.ts';
import { sliceSpec } from './slice.ts';

runSpecs([
  avgPool2dSpec,
  concatSpec,
  imageSpec,
  maxPool2dSpec,
  pad2dSpec,
  pixelShuffleSpec,
  resizeSpec,
  sliceSpec,
]);
