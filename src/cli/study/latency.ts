import { Layers, parameterShapes } from '../../model/layers.ts';
import { PROMPT_TOKENS } from '../../model/text.ts';
import { Weights } from '../../model/weights.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { initialWeights } from '../../train/init.ts';
import { Random } from '../../train/random.ts';
import type { Method } from './methods.ts';

const FRAMES = 20;
const WARM_UP = 3;

/** Median wall time of one picture through a method's network, values in and values out, in milliseconds. */
export async function frameMilliseconds(gpu: Gpu, { network }: Method, size: number): Promise<number> {
  const weights = new Weights(gpu, 'timed', parameterShapes(network.specs));
  weights.load(initialWeights(network.specs, new Random(1)));
  const program = await gpu.compile(() => {
    const x = gpu.input('x', [1, size, size, 3]);
    const context = network.context && gpu.input('context', [1, PROMPT_TOKENS, network.context]);
    return { y: network.forward(null, new Layers(weights.tensors), x, context || null) };
  });
  const x = new Float32Array(size * size * 3).fill(0.5);
  const context = network.context && new Float32Array(PROMPT_TOKENS * network.context).fill(0.1);
  const times: number[] = [];
  for (let i = 0; i < FRAMES + WARM_UP; i++) {
    const begin = performance.now();
    await program.run(context ? { x, context } : { x });
    if (i >= WARM_UP) times.push(performance.now() - begin);
  }
  program.dispose();
  weights.dispose();
  return times.sort((a, b) => a - b)[FRAMES >> 1]!;
}
