import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';

// Names come from files. None may reach a compiler.

/** The text of all shaders of a network whose every name is `name`. */
async function shadersOf(name: string): Promise<string[]> {
  const gpu = await Gpu.open();
  const texts: string[] = [];
  const create = gpu.device.createShaderModule.bind(gpu.device);
  gpu.device.createShaderModule = (about) => {
    texts.push(`${about.label}\n${about.code}`);
    return create(about);
  };
  const w = gpu.parameter(`${name} weight`, [3, 3, 4, 4], new Float32Array(144));
  const program = await gpu.compile(() => {
    const x = gpu.input(name, [1, 8, 8, 4]);
    const y = gpu.scope(name, () => conv2d(null, x, w, null, { padding: [1, 1] }));
    const flat = gpu.scope(`layer ${name}`, () => add(null, y, x)).view([64, 4]);
    return { [`out ${name}`]: matmul(null, flat, gpu.input(`${name} 2`, [4, 8])) };
  });
  program.dispose();
  gpu.close();
  return texts.sort();
}

test('shaders hold no text from files: names of layers, inputs and outputs change none of them', async () => {
  const evil = '*/ fn evil() {} /* \u0000 "`';
  const texts = await shadersOf(evil);
  assert.ok(texts.length >= 3);
  assert.equal(texts, await shadersOf('plain'));
  for (const text of texts) assert.not.ok(text.includes('evil'));
});

test.run();
