import benny from 'benny';
import { Editor } from '../../src/model/editor.ts';
import { generatorPresets, generatorSpecs, type PresetName } from '../../src/model/generator_spec.ts';
import { hashedPrompt } from '../../src/model/text.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';
import { renderScene } from '../../src/train/scenes/scenes.ts';
import type { FrameRate } from '../protocol.ts';

/** Frames a second of every preset, picture in and picture out, wall clock, about `seconds` for each. */
export async function measureFrames(gpu: Gpu, edge: number, seconds: number): Promise<FrameRate[]> {
  const picture = renderScene(4, edge);
  const editors: Editor[] = [];
  const cases = [];
  for (const preset of Object.keys(generatorPresets) as PresetName[]) {
    const config = generatorPresets[preset];
    const weights = initialWeights(generatorSpecs(config), new Random(1));
    const context = hashedPrompt('a scene', config.context);
    const editor = await Editor.create(gpu, config, weights, [], context, edge, edge);
    await editor.edit(picture);
    editors.push(editor);
    cases.push(
      benny.add(`${preset} ${edge}x${edge}`, async () => {
        await editor.edit(picture);
      }),
    );
  }
  const settings = benny.configure({ cases: { minSamples: 3, maxTime: seconds } });
  const { results } = await benny.suite('frames', ...cases, settings);
  for (const editor of editors) editor.dispose();
  return results.map(({ name, margin, samples, details }) => ({
    name,
    fps: 1 / details.median,
    margin,
    samples,
  }));
}
