import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { openInWorker as OpenInWorker } from '../../src/web/page.ts';
import { pagesOf } from './in_page.ts';
import type { EnginePage } from './pages/engine.ts';
import { adapterFiles, randomAdapter, smallBase } from './small_base.ts';

// What a filter does while it runs: switch adapters in time, get smaller on a slow device, run out of memory, work in a worker.

declare const page: EnginePage;
declare const openInWorker: typeof OpenInWorker;
declare const memory: (bytes: number) => void;

// Files that are missing on purpose show as such.
const pages = pagesOf(
  {
    '/': {
      type: 'text/html',
      body: `<!doctype html><canvas></canvas><video muted></video><script type="module" src="memory.mjs"></script>
<script type="module" src="engine.mjs"></script>
<script type="module">import { openInWorker } from './page.mjs'; Object.assign(globalThis, { openInWorker });</script>`,
    },
    '/memory.mjs': 'dist/test_pages/memory.mjs',
    '/engine.mjs': 'dist/test_pages/engine.mjs',
    '/page.mjs': 'dist/page.mjs',
    '/worker.mjs': 'dist/worker.mjs',
    '/base.safetensors': smallBase(7),
    '/less.safetensors': smallBase(8, 'F32', 'less'),
    ...adapterFiles('/ink', randomAdapter(1, 'ink')),
    ...adapterFiles('/fog', randomAdapter(2, 'fog')),
    ...adapterFiles('/less-ink', randomAdapter(3, 'ink')),
  },
  /status of 404/,
);
const { inPage } = pages;

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

inPage('a switch of adapters costs no more than one frame', async (tab) => {
  const found = await tab.evaluate(async () => {
    const filter = await page.open({ size: 128 });
    await filter.loadBase('base.safetensors');
    await filter.loadAdapter('ink/', { strength: 1 });
    await filter.loadAdapter('fog/', { strength: 0 });
    const canvas = document.querySelector('canvas')!;
    const source = await page.testPicture(128, 128);
    const times = { same: [] as number[], switched: [] as number[] };
    for (let i = 0; i < 42; i++) {
      const isSwitch = i % 2 === 1;
      const on = i % 4 === 1;
      const begin = performance.now();
      if (isSwitch) filter.strengths({ ink: on ? 0 : 1, fog: on ? 1 : 0 });
      await filter.draw(source, canvas);
      if (i >= 2) times[isSwitch ? 'switched' : 'same'].push(performance.now() - begin);
    }
    return times;
  });
  const [same, switched] = [middle(found.same), middle(found.switched)];
  console.log(`a frame ${same.toFixed(1)} ms, with a switch ${switched.toFixed(1)} ms`);
  assert.ok(switched - same <= same, `${switched - same} ms beyond a frame of ${same} ms`);
});

inPage('where frames take too long, a smaller base takes over with the adapters it has', async (tab) => {
  const found = await tab.evaluate(async () => {
    const filter = await page.open({ size: 16 });
    const missing = { base: 'nowhere.safetensors' };
    const less = { base: 'less.safetensors', adapters: { ink: 'less-ink/' } };
    await filter.loadBase('base.safetensors', { smaller: [missing, less] });
    await filter.loadAdapter('ink/', { strength: 0.6 });
    await filter.loadAdapter('fog/', { strength: 0.3 });
    const [canvas, source] = [document.querySelector('canvas')!, document.createElement('canvas')];
    Object.assign(source, { width: 16, height: 16 });
    source.getContext('2d')!.drawImage(await page.testPicture(16, 16), 0, 0);
    const told: unknown[] = [];
    const over = new Promise<void>((resolve) => {
      const onFallback = (slowness: unknown) => {
        told.push(slowness);
        if (slowness === 'too slow') resolve();
      };
      // No device is as fast as that.
      void filter.run(source, canvas, { leastFps: 1e6, onFallback });
    });
    await over;
    const after = [...(await filter.values())];
    const adapters = [...filter.adapters].map(([name, { strength }]) => `${name} ${strength}`);
    const direct = await page.open({ size: 16 });
    await direct.loadBase('less.safetensors');
    await direct.loadAdapter('less-ink/', { strength: 0.6 });
    await direct.draw(source, new OffscreenCanvas(16, 16));
    return { told, adapters, after, wanted: [...(await direct.values())], base: filter.base.name };
  });
  assert.equal(found.told, [{ edge: 16, base: 'less', smaller: 0 }, 'too slow']);
  assert.equal(found.adapters, ['ink 0.6']);
  assert.is(found.base, 'less');
  assert.equal(found.after, found.wanted);
});

inPage('without memory for a size, a smaller one is offered, and the one before goes on', async (tab) => {
  const found = await tab.evaluate(async () => {
    const filter = await page.open({ size: 32 });
    await filter.loadBase('base.safetensors');
    const canvas = document.querySelector('canvas')!;
    const source = await page.testPicture(32, 32);
    await filter.draw(source, canvas);
    const before = [...(await filter.values())];
    const { buffers, bytes } = filter.stats;
    memory(200_000);
    const reason = await filter.resize(256).then(
      () => 'none',
      (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
    );
    await filter.draw(source, canvas);
    const same = (await filter.values()).every((v, i) => v === before[i]);
    const kept = filter.stats.buffers === buffers && filter.stats.bytes === bytes;
    memory(Number.POSITIVE_INFINITY);
    await filter.resize(64);
    await filter.draw(source, canvas);
    return { reason, same, kept, width: filter.stats.width };
  });
  assert.match(found.reason, /^memory: .*no memory left for pictures of 256 × 256: choose .* such as 192\.$/);
  assert.ok(found.same, 'the old size goes on');
  assert.ok(found.kept, 'nothing is left of the attempt');
  assert.is(found.width, 64);
});

inPage('a page without an engine drives one in a worker', async (tab) => {
  const found = await tab.evaluate(async () => {
    const told: unknown[] = [];
    const canvas = document.querySelector('canvas')!;
    const filter = await openInWorker(canvas, {
      size: 16,
      onFallback: (slowness, adapters) => told.push([slowness, adapters]),
    });
    const less = {
      base: 'less.safetensors',
      adapters: { ink: { weights: 'less-ink/adapter_model.safetensors' } },
    };
    const loaded = await filter.loadBase('base.safetensors', { smaller: [less] });
    const ink = await filter.loadAdapter(new URL('ink/', document.baseURI), { strength: 0.5 });
    const reason = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
      );
    const unknown = await reason(filter.strengths({ oil: 1 }));
    const picture = await page.testPicture(16, 16);
    await filter.run(picture);
    const once = await filter.values();
    const direct = await page.open({ size: 16 });
    await direct.loadBase('base.safetensors');
    await direct.loadAdapter('ink/', { strength: 0.5 });
    await direct.draw(picture, new OffscreenCanvas(16, 16));
    const same = (await direct.values()).every((v, i) => v === once.values[i]);
    const video = document.querySelector('video')!;
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
    await video.play();
    let frames = 0;
    const playback = await filter.run(video, { leastFps: 0, onFrame: () => frames++ });
    while (frames < 5) await new Promise((resolve) => setTimeout(resolve, 20));
    await playback.stop();
    const stopped = frames;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const broken = await reason(
      openInWorker(document.createElement('canvas'), {
        worker: new Worker('nowhere.mjs', { type: 'module' }),
      }),
    );
    const names = [loaded.name, ink.name, String(ink.bytes > 0), filter.support.software];
    filter.dispose();
    return { names, unknown, same, still: frames === stopped, broken, told };
  });
  assert.equal(found.names, ['small', 'ink', 'true', true]);
  assert.match(found.unknown, /there is no adapter oil; there are ink/);
  assert.ok(found.same, 'a worker draws what a page draws');
  assert.ok(found.still, 'nothing runs on');
  assert.match(found.broken, /^stopped: .*cannot be loaded/);
  assert.equal(found.told, []);
});

test.run();
