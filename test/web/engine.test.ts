import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodePng } from '../../src/cli/images/png.ts';
import { Editor } from '../../src/model/editor.ts';
import { hashedPrompt } from '../../src/model/text.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { swiftshaderDriver } from './chromium.ts';
import { pagesOf } from './in_page.ts';
import type { EnginePage } from './pages/engine.ts';
import { serve } from './site.ts';
import { adapterFiles, randomAdapter, SMALL, smallBase, smallWeights } from './small_base.ts';
import { testPixels } from './test_pixels.ts';

// What a page does with the package, in Chromium on SwiftShader.

declare const page: EnginePage;

const ink = randomAdapter(1, 'ink');
const fog = randomAdapter(2, 'fog');

const pages = pagesOf({
  '/': {
    type: 'text/html',
    body: '<!doctype html><canvas></canvas><script type="module" src="engine.mjs"></script>',
  },
  '/engine.mjs': 'dist/test_pages/engine.mjs',
  '/worker.mjs': 'dist/test_pages/engine_worker.mjs',
  '/base.safetensors': smallBase(7),
  '/half.safetensors': smallBase(7, 'F16'),
  ...adapterFiles('/ink', ink),
  ...adapterFiles('/fog', fog),
});
const { inPage } = pages;

/** The values of the same edit in Node, on the same driver where Chromium brings one. */
async function editInNode(strengths: readonly [number, number], prompt: string): Promise<Float32Array> {
  const driver = await swiftshaderDriver();
  if (driver) {
    delete process.env.VK_DRIVER_FILES;
    process.env.VK_ICD_FILENAMES = driver;
  }
  const gpu = await Gpu.open();
  const strong = [ink, fog].map((adapter, i) => ({ adapter, strength: strengths[i]! }));
  const context = hashedPrompt(prompt, SMALL.context);
  const editor = await Editor.create(gpu, SMALL, smallWeights(7), strong, context, 32, 32);
  const rgba = testPixels(32, 32);
  const x = Float32Array.from(
    { length: 32 * 32 * 3 },
    (_, i) => rgba[Math.floor(i / 3) * 4 + (i % 3)]! / 127.5 - 1,
  );
  const { y } = await editor.program.run({ x });
  editor.dispose();
  gpu.close();
  return y!;
}

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

/** Within 1e-5 of the largest value, or of 1: sums of 32-bit floats can be no closer where values are larger. */
function near(values: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const largest = Array.from(wanted).reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  const error = apart(values, wanted) / largest;
  assert.ok(error <= 1e-5, `${error}`);
}

inPage('a canvas shows the edit, and its values are those of Node within 1e-5', async (tab) => {
  const values = await tab.evaluate(async () => {
    const filter = await page.open({ size: 32 });
    await filter.loadBase('base.safetensors');
    await filter.loadAdapter('ink/', { strength: 0.8 });
    await filter.loadAdapter('fog/', { strength: 0 });
    const canvas = document.querySelector('canvas')!;
    Object.assign(canvas, { width: 32, height: 32 });
    await filter.run(await page.testPicture(32, 32), canvas);
    return [...(await filter.values())];
  });
  const wanted = await editInNode([0.8, 0], 'make it ink');
  near(values, wanted);
  // What is on the screen: the middle of the picture, pixel by pixel.
  const { picture: shown } = decodePng(await tab.locator('canvas').screenshot({ type: 'png' }));
  assert.is(shown.width, 32);
  const bytes = Array.from(wanted, (v) => Math.round(Math.min(255, Math.max(0, (v + 1) * 127.5))));
  assert.ok(apart(shown.rgb, bytes) <= 1, `${apart(shown.rgb, bytes)}`);
});

inPage('adapters are switched and blended between two frames; nothing is made for it', async (tab) => {
  const found = await tab.evaluate(async () => {
    const filter = await page.open({ size: 32 });
    await filter.loadBase('base.safetensors');
    await filter.loadAdapter('ink/', { strength: 1 });
    await filter.loadAdapter('fog/', { strength: 0 });
    const canvas = document.querySelector('canvas')!;
    const source = await page.testPicture(32, 32);
    const edits: number[][] = [];
    const buffers: number[] = [];
    const frame = async (strengths: Record<string, number>) => {
      filter.strengths(strengths);
      await filter.draw(source, canvas);
      edits.push([...(await filter.values())]);
      buffers.push(filter.stats.buffers);
    };
    await frame({ ink: 1, fog: 0 });
    await frame({ ink: 0, fog: 1 });
    await frame({ ink: 0.5, fog: 0.5 });
    await frame({ ink: 1, fog: 0 });
    return { edits, buffers };
  });
  const [ink1, fog1, both, again] = found.edits as [number[], number[], number[], number[]];
  assert.equal(again, ink1);
  for (const [a, b] of [
    [ink1, fog1],
    [ink1, both],
    [fog1, both],
  ] as const)
    assert.ok(apart(a, b) > 0.05);
  assert.is(new Set(found.buffers).size, 1);
  near(fog1, await editInNode([0, 1], 'make it fog'));
});

inPage('a video of the camera goes in without a copy, mirrored and cropped on the device', async (tab) => {
  const found = await tab.evaluate(async () => {
    const video = document.createElement('video');
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
    await video.play();
    const filter = await page.open({ size: 32 });
    await filter.loadBase('base.safetensors');
    const canvas = document.querySelector('canvas')!;
    const playback = await filter.run(video, canvas, { leastFps: 0, mirror: true });
    const first = [...(await filter.values())];
    while (filter.stats.frames < 20) await new Promise((r) => setTimeout(r, 20));
    const later = [...(await filter.values())];
    await playback.stop();
    const { frames } = filter.stats;
    await new Promise((r) => setTimeout(r, 200));
    return { first, later, stopped: filter.stats.frames === frames, textures: filter.stats.textures };
  });
  assert.ok(apart(found.first, found.later) > 0.01, 'the test picture moves');
  assert.ok(found.stopped);
  assert.is(found.textures, 0, 'nothing is copied');
});

inPage('a frame is what a copy of it is', async (tab) => {
  const [external, copied] = await tab.evaluate(async () => {
    const filter = await page.open({ size: 32 });
    await filter.loadBase('base.safetensors');
    const canvas = document.querySelector('canvas')!;
    const bitmap = await page.testPicture(96, 64);
    const edits: number[][] = [];
    const frame = new VideoFrame(bitmap, { timestamp: 0 });
    for (const source of [frame, bitmap]) {
      await filter.draw(source, canvas, { mirror: true });
      edits.push([...(await filter.values())]);
    }
    frame.close();
    return edits as [number[], number[]];
  });
  assert.ok(apart(external, copied) < 0.02, `${apart(external, copied)}`);
});

inPage('f16 weights and an offscreen canvas in a worker', async (tab) => {
  const values = await tab.evaluate(async () => {
    const worker = new Worker('worker.mjs', { type: 'module' });
    const canvas = document.querySelector('canvas')!.transferControlToOffscreen();
    const answer = new Promise<number[]>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    const source = await page.testPicture(32, 32);
    worker.postMessage({ canvas, source }, [canvas, source]);
    return answer;
  });
  const wanted = await editInNode([0, 0], '');
  assert.ok(apart(values, wanted) < 0.02, `${apart(values, wanted)}`);
  assert.ok(apart(values, wanted) > 0, 'f16 rounds');
});

test('the lines of the README do what they say', async () => {
  if (!pages.browser) return;
  const lines = /```js\n(import \{ open \} from 'e2gan';\n[\s\S]*?)```/.exec(
    await readFile('README.md', 'utf8'),
  )![1]!;
  assert.is(lines.trim().split('\n').length, 5);
  const own = await serve({
    '/': {
      type: 'text/html',
      body: `<!doctype html><script type="importmap">{"imports":{"e2gan":"/index.mjs"}}</script>
<video muted autoplay></video><canvas></canvas>
<script type="module">
const video = document.querySelector('video');
video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
</script>
<script type="module">${lines};
document.title = 'done';</script>`,
    },
    '/index.mjs': 'dist/index.mjs',
    '/base.safetensors': smallBase(7),
    ...adapterFiles('/autumn', ink),
  });
  const tab = await pages.browser.newPage();
  const said: string[] = [];
  tab.on('console', (message) => said.push(message.text()));
  tab.on('pageerror', (error) => said.push(`error ${error.message}`));
  await tab.goto(`${own.url}/`);
  await tab.waitForFunction(() => document.title === 'done', null, { timeout: 60_000 });
  assert.ok(said.some((line) => /^download \d+ \d+$/.test(line)));
  assert.ok(said.some((line) => /^compile \d+ \d+$/.test(line)));
  assert.ok(said.includes('ready 1 1'));
  assert.not.ok(
    said.some((line) => line.startsWith('error')),
    said.join('\n'),
  );
  const { picture: shown } = decodePng(await tab.locator('canvas').screenshot({ type: 'png' }));
  assert.ok(new Set(shown.rgb).size > 50, 'the canvas shows a picture');
  await tab.close();
  own.close();
});

test.run();
