import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../src/cli/images/png.ts';
import { type AppPage, frames, framesOf, more, noted, openApp, said, smallerBase } from './app_page.ts';
import { adapterFiles, randomAdapter } from './small_base.ts';

// What befalls the app: cameras that go, drops of all kinds, sleep, zoom; and the panels that need a hand.

/** A camera that tests can unplug and turn. */
function unpluggable(): void {
  const lens = document.createElement('canvas');
  Object.assign(lens, { width: 64, height: 48 });
  let streams: MediaStream[] = [];
  setInterval(() => {
    const context = lens.getContext('2d')!;
    context.fillStyle = `hsl(${performance.now() / 10} 80% 50%)`;
    context.fillRect(0, 0, lens.width, lens.height);
  }, 50);
  Object.assign(globalThis, {
    turnCamera: () => Object.assign(lens, { width: 48, height: 96 }),
    unplugCamera: () => {
      for (const track of streams.flatMap((s) => s.getTracks())) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
      streams = [];
    },
  });
  navigator.mediaDevices.getUserMedia = async () => {
    const stream = lens.captureStream(30);
    streams.push(stream);
    return stream;
  };
}

let app: AppPage | null;
test.before(async () => {
  app = await openApp({ prepare: unpluggable });
});
test.after(() => app?.close());

/** One thing that happens; the things follow each other in one page. */
function inApp(name: string, run: (tab: Page) => Promise<void>): void {
  test(name, async () => {
    if (!app) return;
    await run(app.tab);
    assert.equal(app.errors, []);
  });
}

const picture = (shade: number, edge = 80) =>
  Buffer.from(
    encodePng({
      width: edge,
      height: edge,
      rgb: Uint8Array.from({ length: edge * edge * 3 }, (_, i) => (i * 7 + shade) % 256),
    }),
  );

inApp('a camera that changes its resolution goes on; unplugged, it gives way to a scene', async (tab) => {
  await tab.click('#camera');
  await more(tab, 3);
  await tab.evaluate('turnCamera()');
  await tab.waitForTimeout(300);
  await more(tab, 3);
  await tab.evaluate('unplugCamera()');
  await noted(tab, 'The camera is gone: plug it in again');
  assert.is(await tab.locator('#camera').getAttribute('aria-pressed'), 'false');
  // Plugged in again, it comes again.
  await tab.click('#camera');
  await more(tab, 3);
});

inApp('what is recorded is a video that plays', async (tab) => {
  await tab.click('#record');
  assert.ok(await tab.locator('#recording').isVisible());
  await more(tab, 8);
  const download = tab.waitForEvent('download');
  await tab.click('#record');
  const file = await (await download).path();
  const bytes = await readFile(file);
  assert.ok(bytes.length > 1000, `${bytes.length} bytes`);
  const shown = await tab.evaluate(async (base64) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = URL.createObjectURL(await (await fetch(`data:video/webm;base64,${base64}`)).blob());
    await video.play();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { width: video.videoWidth, played: video.currentTime > 0 };
  }, bytes.toString('base64'));
  assert.equal(shown, { width: 512, played: true });
});

inApp('a page that is hidden draws nothing, and goes on when it is shown', async (tab) => {
  const hide = (hidden: boolean) =>
    tab.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await more(tab, 1);
  await hide(true);
  // The frame under way still comes.
  await tab.waitForTimeout(500);
  const before = await framesOf(tab);
  await tab.waitForTimeout(1000);
  assert.is(await framesOf(tab), before);
  await hide(false);
  await more(tab, 3);
});

inApp('another zoom, another screen: frames go on, and nothing is cut off', async (tab) => {
  const session = await tab.context().newCDPSession(tab);
  for (const [width, deviceScaleFactor] of [
    [390, 3],
    [320, 2],
    [1280, 1.5],
  ] as const) {
    const metrics = { width, height: 800, deviceScaleFactor, mobile: false };
    await session.send('Emulation.setDeviceMetricsOverride', metrics);
    await more(tab, 2);
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}`);
  }
  await session.send('Emulation.clearDeviceMetricsOverride');
  await tab.click('#camera');
});

/** Drops files that the page makes: so many, of so many megabytes. */
const drop = (tab: Page, name: string, type: string, count: number, megabytes: number, png: string) =>
  tab.evaluate(
    async ([name, type, count, megabytes, png]) => {
      const picture = await (await fetch(`data:image/png;base64,${png}`)).blob();
      const million = new Blob([new Uint8Array(1e6)]);
      const parts = megabytes ? Array<Blob>(megabytes).fill(million) : [picture];
      const dataTransfer = new DataTransfer();
      for (let i = 0; i < count; i++)
        dataTransfer.items.add(new File(parts, name.replace('#', `${i}`), { type }));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    },
    [name, type, count, megabytes, png] as const,
  );

inApp('50 files at once, 70, and one of 500 MB', async (tab) => {
  const png = picture(1).toString('base64');
  const before = await framesOf(tab);
  await drop(tab, 'p#.png', 'image/png', 50, 0, png);
  await noted(tab, 'One picture at a time: p0.png is shown.');
  await frames(tab, before + 1);
  await drop(tab, 'p#.png', 'image/png', 70, 0, png);
  await noted(tab, '70 files at once are too many: drop up to 64');
  await drop(tab, 'large.safetensors', '', 1, 500, png);
  await noted(tab, 'large.safetensors: has 500 MB');
  await drop(tab, 'large.png', 'image/png', 1, 500, png);
  await noted(tab, 'large.png: is no picture that this browser can read');
});

inApp('a folder is looked through', async (tab) => {
  const folder = await mkdtemp(join(tmpdir(), 'e2gan-drop-'));
  try {
    await mkdir(join(folder, 'looks/own'), { recursive: true });
    await writeFile(join(folder, 'looks/README.md'), 'A look.');
    for (const [path, bytes] of Object.entries(adapterFiles('looks/own', randomAdapter(98, 'of a folder'))))
      await writeFile(join(folder, path), bytes);
    const session = await tab.context().newCDPSession(tab);
    const data = { items: [], files: [join(folder, 'looks')], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
    await tab.locator('.look .name', { hasText: 'of a folder' }).waitFor();
    assert.not(await tab.locator('#dropping').isVisible());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

inApp('the profile panel opens, with timestamps or without', async (tab) => {
  await tab.click('#tab-details');
  await tab.click('#profile');
  await tab.locator('#kernels td').first().waitFor();
  assert.match(await tab.locator('#kernels').innerText(), /gives no timestamps|roof/);
  assert.match(await tab.locator('#timeline').innerText(), /first frame\s*\d+\.\d\d s/);
});

inApp('on a slow device the smaller base of models.json takes over, with the looks it has', async (tab) => {
  const setDelay = (ms: number) =>
    tab
      .workers()
      .find((worker) => worker.url().endsWith('/worker.mjs') && !worker.url().includes('train'))!
      .evaluate((delay) => {
        const { prototype } = GPUQueue as unknown as {
          prototype: GPUQueue & { done?: () => Promise<undefined> };
        };
        prototype.done ??= prototype.onSubmittedWorkDone;
        const { done } = prototype;
        prototype.onSubmittedWorkDone = async function () {
          await done.call(this);
          await new Promise((resolve) => setTimeout(resolve, delay));
          return undefined;
        };
      }, ms);
  await tab.click('#tab-details');
  assert.match(await tab.locator('#facts').innerText(), /small, width 4/);
  await setDelay(200);
  await tab.click('#tab-looks');
  await tab.selectOption('#size', 'auto');
  await tab.click('#camera');
  await noted(tab, 'the base is smaller. “Detail” sets the points.');
  await setDelay(0);
  await more(tab, 2);
  await tab.click('#camera');
  await tab.click('#tab-details');
  assert.match(await tab.locator('#facts').innerText(), /smaller, width 2/);
  await tab.click('#tab-looks');
  assert.is(await tab.locator('.look').count(), 1);
  assert.is(await tab.locator('.look output').textContent(), '100 %', 'as strong as before');
});

inApp('pairs from pictures and an edit drawn by keyboard are learned from', async (tab) => {
  await tab.click('#tab-train');
  await tab.fill('#job-steps', '10');
  await tab.selectOption('#job-size', '32');
  await tab.check('input[name=pairs][value=files]');
  const files = (suffix: string, shade: number) =>
    [0, 1].map((i) => ({ name: `p${i}_${suffix}.png`, mimeType: 'image/png', buffer: picture(i + shade) }));
  await tab.setInputFiles('#befores', files('before', 0));
  await tab.setInputFiles('#afters', files('after', 90).slice(0, 1));
  await tab.fill('#job-name', 'of pictures');
  await tab.click('#train-start');
  await noted(tab, '2 pictures before and 1 after do not pair up');
  await tab.setInputFiles('#afters', files('after', 90));
  await tab.click('#train-start');
  await said(tab, /^Done after 10 steps/);
  const download = tab.waitForEvent('download');
  await tab.click('#train-export');
  const zip = await readFile(await (await download).path());
  const sha256 = createHash('sha256').update(smallerBase).digest('hex');
  assert.ok(zip.includes(sha256), 'learned on the base that is in use');
  await tab.check('input[name=pairs][value=drawn]');
  const pad = () => tab.locator('#pad').evaluate((c) => (c as HTMLCanvasElement).toDataURL());
  await tab.waitForFunction(
    () =>
      (document.querySelector('#pad') as HTMLCanvasElement).getContext('2d')!.getImageData(9, 9, 1, 1)
        .data[3],
  );
  const untouched = await pad();
  await tab.locator('#pad').focus();
  for (const key of ['Space', 'ArrowRight', 'ArrowDown', 'Space']) await tab.keyboard.press(key);
  assert.is.not(await pad(), untouched, 'the brush paints');
  await tab.fill('#job-name', 'of a brush');
  await tab.click('#train-start');
  await said(tab, /^Step|^Preparing|^Compiling/);
  await said(tab, /^Done after 10 steps/);
  await tab.click('#tab-looks');
  for (const name of ['of pictures', 'of a brush'])
    await tab.locator('.look .name', { hasText: name }).waitFor();
});

test.run();
