import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listFiles } from '../../src/cli/demo/file_server.ts';
import { openChromium } from './chromium.ts';
import { serve } from './site.ts';
import { adapterFiles, randomAdapter, smallBase } from './small_base.ts';

// The built app, under a sub-path of a plain static server, with a base that a software device runs quickly.

const PATIENCE = 600_000;

let browser: Browser | null;
let context: BrowserContext;
let tab: Page;
const errors: string[] = [];
let site: { url: string; close(): void };
test.before(async () => {
  browser = await openChromium();
  const files: Record<string, string | Uint8Array> = {};
  for (const [path, file] of await listFiles('dist/site')) files[`/some/where${path}`] = file;
  const { looks } = JSON.parse(await readFile('dist/site/models.json', 'utf8'));
  files['/some/where/models/base.safetensors'] = smallBase(7);
  // The discriminator is for a base of another width; training draws its own.
  const models = { base: { file: 'models/base.safetensors', bytes: 1 }, discriminator: null, looks };
  files['/some/where/models.json'] = new TextEncoder().encode(JSON.stringify(models));
  for (const [i, { name }] of looks.entries())
    Object.assign(files, adapterFiles(`/some/where/models/${name}`, randomAdapter(i, name)));
  site = await serve(files);
  if (!browser) return;
  context = await browser.newContext({ acceptDownloads: true });
  tab = await context.newPage();
  tab.setDefaultTimeout(PATIENCE);
  tab.on('pageerror', (error) => errors.push(error.message));
  await tab.goto(`${site.url}/some/where/`, { timeout: PATIENCE });
  await frames(tab, 1);
});
test.after(async () => {
  await browser?.close();
  site.close();
});

const framesOf = (tab: Page) => tab.evaluate(() => Number(document.body.dataset.frames ?? 0));
const frames = (tab: Page, least: number) =>
  tab.waitForFunction((n) => Number(document.body.dataset.frames) >= n, least, { timeout: PATIENCE });
const said = (tab: Page, text: RegExp) =>
  tab.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('#train-said')!.textContent ?? ''),
    text.source,
    { timeout: PATIENCE },
  );
const noted = (tab: Page, text: string) =>
  tab.locator('.note', { hasText: text }).first().waitFor({ timeout: PATIENCE });

/** One part of what somebody does in the app; the parts follow each other in one page. */
function inApp(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    if (!browser) return;
    await run();
    assert.equal(errors, []);
  });
}

inApp('sliders and the wipe answer the keyboard', async () => {
  // A slider by keyboard draws the still picture anew; the wipe has a keyboard too.
  const before = await framesOf(tab);
  await tab.locator('.look input').nth(1).focus();
  await tab.keyboard.press('End');
  await frames(tab, before + 1);
  assert.is(await tab.locator('.look output').nth(1).textContent(), '150 %');
  await tab.click('#compare');
  await tab.locator('#wipe').focus();
  await tab.keyboard.press('ArrowLeft');
  assert.is(await tab.locator('#wipe').getAttribute('aria-valuenow'), '48');
});

inApp('the camera runs, and what it refuses is said', async () => {
  // The camera runs, and what is refused is said.
  const still = await framesOf(tab);
  await tab.click('#camera');
  await frames(tab, still + 5);
  await tab.click('#camera');
  await tab.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('no', 'NotAllowedError');
    };
  });
  await tab.click('#camera');
  await noted(tab, 'The camera is not allowed here');
  assert.is(await tab.locator('#camera').getAttribute('aria-pressed'), 'false');
});

inApp('adapters are taken in; names of files are text, whatever they hold', async () => {
  // Names of files are text, whatever they hold.
  await tab.setInputFiles('#pick', {
    name: '<img src=x onerror=document.title=1>.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('x'),
  });
  await noted(tab, '<img src=x onerror');
  assert.is(await tab.title(), 'e2gan');
  const own = adapterFiles('', randomAdapter(99, '<b>own</b>'));
  await tab.setInputFiles(
    '#pick',
    Object.entries(own).map(([path, bytes]) => ({
      name: path.slice(1),
      mimeType: '',
      buffer: Buffer.from(bytes),
    })),
  );
  await tab.locator('.look .name', { hasText: '<b>own</b>' }).waitFor();
});

inApp('a lost device is replaced', async () => {
  // A lost device is replaced.
  await tab.click('#tab-details');
  await tab.click('#lose');
  await tab.waitForFunction(() => document.body.dataset.state === 'running', null, { timeout: PATIENCE });
});

inApp('training outlives a reload without a network, and ends in a file', async () => {
  // Training: paused, the page reloaded without a network, resumed to the end, exported.
  await tab.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
  await tab.click('#tab-train');
  await tab.fill('#scenes', '4');
  await tab.fill('#job-steps', '50');
  await tab.fill('#job-name', 'mine');
  await tab.selectOption('#job-size', '32');
  await tab.click('#train-start');
  await said(tab, /^Step \d+ of 50/);
  await tab.click('#train-pause');
  await said(tab, /^Paused at step \d+ of 50/);
  site.close();
  await context.setOffline(true);
  await tab.reload({ timeout: PATIENCE });
  await frames(tab, 1);
  await tab.click('#tab-train');
  await tab.locator('#unfinished', { hasText: '“mine” stopped at step' }).waitFor();
  await tab.click('#resume');
  await said(tab, /^Done after 50 steps/);
  const download = tab.waitForEvent('download');
  await tab.click('#train-export');
  assert.is((await download).suggestedFilename(), 'mine.zip');
  assert.ok(await tab.locator('#chart canvas').count());
  await tab.click('#tab-looks');
  await tab.locator('.look .name', { hasText: 'mine' }).waitFor();
});

test.run();
