import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openChromium, openPage, WITHOUT_WEBGPU } from './chromium.ts';
import { pagesOf } from './in_page.ts';
import type { EnginePage } from './pages/engine.ts';
import { serve } from './site.ts';
import { adapterFiles, randomAdapter, smallBase } from './small_base.ts';

// What goes wrong in pages, and what they say then.

declare const page: EnginePage;

const base = smallBase(7);
// Pages in trouble say so.
const pages = pagesOf(
  {
    '/': {
      type: 'text/html',
      body: '<!doctype html><canvas></canvas><script type="module" src="engine.mjs"></script>',
    },
    '/engine.mjs': 'dist/test_pages/engine.mjs',
    '/base.safetensors': base,
    '/short.safetensors': { body: base.slice(0, 4000), length: base.length },
    '/page.safetensors': { type: 'text/html', body: '<!doctype html><title>Sign in</title>' },
    '/pickle.safetensors': Uint8Array.from([0x80, 2, 1, 2, 3, 4, 5, 6, 7, 8]),
    ...adapterFiles('/ink', randomAdapter(1, 'ink')),
    '/wide/adapter_config.json': adapterFiles('', randomAdapter(1, 'ink'))['/adapter_config.json']!,
  },
  /./,
);
const { inPage } = pages;

const openError = (tab: Page) =>
  tab.evaluate(() =>
    page.open().then(
      () => 'none',
      (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
    ),
  );

test('a browser without WebGPU', async () => {
  if (!pages.browser) return;
  const plain = await openChromium(WITHOUT_WEBGPU);
  const { page: tab } = await openPage(plain!, pages.url);
  assert.match(await openError(tab), /^no-(webgpu|adapter): .*(Chrome|driver)/);
  await plain!.close();
});

inPage(
  'no navigator.gpu',
  async (tab) =>
    assert.match(await openError(tab), /^no-webgpu: This browser has no WebGPU\. Chrome and Edge/),
  () => Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }),
);

inPage(
  'no adapter',
  async (tab) => assert.match(await openError(tab), /^no-adapter: .*update the graphics driver/),
  () => {
    GPU.prototype.requestAdapter = async () => null;
  },
);

inPage(
  'limits too small',
  async (tab) =>
    assert.match(await openError(tab), /^limits: .*maxComputeInvocationsPerWorkgroup is 128, 256 are needed/),
  () => {
    Object.defineProperty(GPUSupportedLimits.prototype, 'maxComputeInvocationsPerWorkgroup', {
      get: () => 128,
    });
  },
);

inPage('weights that are missing, broken off, or of another kind', async (tab) => {
  const reasons = await tab.evaluate(async () => {
    const filter = await page.open({ size: 16, storage: 'f16' });
    const reason = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
      );
    const early = await reason(filter.loadAdapter('ink/'));
    const names = ['nowhere', 'short', 'page', 'pickle'];
    const found = [early];
    for (const name of names) found.push(await reason(filter.loadBase(`${name}.safetensors`)));
    await filter.loadBase('base.safetensors');
    found.push(await reason(filter.loadAdapter('nowhere/')));
    found.push(await reason(filter.loadAdapter('base.safetensors')));
    found.push(await reason(filter.loadBase('http://localhost:1/base.safetensors')));
    // All of that left the filter as it was; f16 is not here, which nobody has to hear of.
    await filter.draw(await page.testPicture(16, 16), document.querySelector('canvas')!);
    return [...found, String(filter.stats.frames)];
  });
  const patterns = [
    /^stopped: Load a base first/,
    /^download: nowhere\.safetensors: the server answers 404; check the address/,
    /^download: short\.safetensors: broke off/,
    /^file: page\.safetensors: .*web page/,
    /^file: pickle\.safetensors: .*pickle/,
    /^download: adapter_config\.json: the server answers 404/,
    /^file: base\.safetensors: /,
    /^download: base\.safetensors: cannot be downloaded .*check the connection/,
    /^1$/,
  ];
  for (const [i, pattern] of patterns.entries()) assert.match(reasons[i]!, pattern);
});

inPage('weights on another origin that does not share them, and on one that does', async (tab) => {
  const files = { '/base.safetensors': base };
  const [closed, shared] = [await serve(files), await serve(files, { 'Access-Control-Allow-Origin': '*' })];
  const reasons = await tab.evaluate(
    async (urls) => {
      const filter = await page.open({ size: 16 });
      const reason = (url: string) =>
        filter.loadBase(`${url}/base.safetensors`).then(
          ({ name }) => name,
          (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
        );
      return Promise.all(urls.map(reason));
    },
    [closed.url, shared.url],
  );
  for (const server of [closed, shared]) server.close();
  const refused = `download: base.safetensors: ${closed.url} does not let this page read it; its server must send Access-Control-Allow-Origin, or the file must lie beside the page`;
  assert.equal(reasons, [refused, 'small']);
});

inPage(
  'a lost device is replaced within 5 s, with adapters, strengths and canvas; the third time it says so',
  async (tab) => {
    const found = await tab.evaluate(async () => {
      const states: string[] = [];
      const filter = await page.open({
        size: 16,
        onState: (state, message) => states.push(`${state}: ${message}`),
      });
      await filter.loadBase('base.safetensors');
      await filter.loadAdapter('ink/', { strength: 0.7 });
      const canvas = document.querySelector('canvas')!;
      const source = await page.testPicture(16, 16);
      await filter.draw(source, canvas);
      const before = [...(await filter.values())];
      const times: number[] = [];
      let same = true;
      for (let loss = 0; loss < 2; loss++) {
        const begin = performance.now();
        filter.destroyDevice();
        await filter.draw(source, canvas);
        times.push(performance.now() - begin);
        const after = [...(await filter.values())];
        same &&= after.every((v, i) => v === before[i]);
      }
      filter.destroyDevice();
      const end = await filter.draw(source, canvas).then(
        () => 'none',
        (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
      );
      return { times, same, states, end };
    });
    console.log(`recovered in ${found.times.map((t) => `${Math.round(t)} ms`).join(', ')}`);
    assert.ok(found.same);
    assert.match(found.states[0]!, /^recovering: The graphics device was lost/);
    assert.match(found.states[1]!, /^running: /);
    assert.match(found.end, /^lost: The graphics device was lost 3 times in a minute.*reload the page/);
    assert.ok(Math.max(...found.times) <= 5000, `${found.times}`);
  },
);

inPage('started and stopped 100 times, resized in between, hidden and shown', async (tab) => {
  const found = await tab.evaluate(async () => {
    const filter = await page.open({ size: 16 });
    await filter.loadBase('base.safetensors');
    const canvas = document.querySelector('canvas')!;
    const video = document.createElement('video');
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
    await video.play();
    const counts = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const first = await filter.run(video, canvas, { leastFps: 0 });
      const second = i % 10 ? null : await filter.run(video, canvas, { leastFps: 0 });
      Object.assign(canvas, { width: 16 + (i % 5) * 16, height: 16 + (i % 3) * 16 });
      await Promise.all([first.stop(), first.stop(), second?.stop()]);
      counts.add(`${filter.stats.buffers} ${filter.stats.bytes}`);
    }
    for (const track of (video.srcObject as MediaStream).getTracks()) track.stop();
    const { frames } = filter.stats;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { counts: counts.size, still: filter.stats.frames === frames, frames };
  });
  assert.is(found.counts, 1);
  assert.ok(found.still, 'nothing runs on');
  assert.ok(found.frames >= 100);
});

inPage('a canvas that is in use, and a picture that is not there yet', async (tab) => {
  const reasons = await tab.evaluate(async () => {
    const filter = await page.open({ size: 16 });
    await filter.loadBase('base.safetensors');
    const taken = document.createElement('canvas');
    taken.getContext('2d');
    const reason = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (e: Error & { kind: string }) => `${e.kind}: ${e.message}`,
      );
    const canvas = document.querySelector('canvas')!;
    const video = document.createElement('video');
    video.src = 'nothing.mp4';
    return [
      await reason(filter.draw(await page.testPicture(16, 16), taken)),
      await reason(filter.draw(new Image(), canvas)),
      await reason(filter.run(video, canvas)),
      await reason(filter.draw(await page.testPicture(16, 16), canvas)),
    ];
  });
  const patterns = [
    /^source: The canvas has another kind of context/,
    /^source: The picture has no size yet/,
    /^source: The video cannot be shown/,
    /^none$/,
  ];
  for (const [i, pattern] of patterns.entries()) assert.match(reasons[i]!, pattern);
});

inPage('a frame that the device refuses is told by the op that it refused', async (tab) => {
  const told = await tab.evaluate(async () => {
    const filter = await page.open({ size: 16 });
    await filter.loadBase('base.safetensors');
    await filter.ready();
    const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
    // More workgroups than any device takes, in every launch: the first is named.
    GPUComputePassEncoder.prototype.dispatchWorkgroups = function () {
      dispatchWorkgroups.call(this, 4e9);
    };
    const picture = await page.testPicture(16, 16);
    return filter.draw(picture, document.querySelector('canvas')!).then(
      () => 'drawn',
      (e: Error) => `${e.name}: ${e.message}`,
    );
  });
  assert.match(told, /^KernelError: .* exceeds .*\(in [\w./]+ .*\[[\d, ]+\]/);
});

test.run();
