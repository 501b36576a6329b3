import benny from 'benny';
import { Editor } from '../src/model/editor.ts';
import { generatorPresets, generatorSpecs } from '../src/model/generator_spec.ts';
import { hashedPrompt } from '../src/model/text.ts';
import { Gpu } from '../src/runtime/gpu.ts';
import { initialWeights } from '../src/train/init.ts';
import { Random } from '../src/train/random.ts';
import { renderScene } from '../src/train/scenes/scenes.ts';

// node dist/bench/frame.bench.mjs [edge in pixels]: frames end to end, picture in and picture out, wall clock.

const size = Number(process.argv[2] ?? 64);
const gpu = await Gpu.open();
const picture = renderScene(4, size);
const cases = await Promise.all(
  (['tiny', 'small'] as const).map(async (preset) => {
    const config = generatorPresets[preset];
    const weights = initialWeights(generatorSpecs(config), new Random(1));
    const context = hashedPrompt('a scene', config.context);
    const editor = await Editor.create(gpu, config, weights, [], context, size, size);
    await editor.edit(picture);
    return benny.add(`${preset} ${size}x${size}`, async () => {
      await editor.edit(picture);
    });
  }),
);
await benny.suite(`frames on ${gpu.info.description}`, ...cases, benny.cycle(), benny.complete());
gpu.close();
