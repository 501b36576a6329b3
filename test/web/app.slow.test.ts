import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkContrast, checkNames, checkWalk, tabTo } from './app_access.ts';
import { type AppPage, frames, framesOf, noted, openApp, PATIENCE, said } from './app_page.ts';
import { adapterFiles, randomAdapter } from './small_base.ts';

// The app from end to end; the parts follow each other in one page.

let app: AppPage | null;
test.before(async () => {
  app = await openApp();
});
test.after(() => app?.close());

/** One part of what somebody does in the app. */
function inApp(name: string, run: (app: AppPage) => Promise<void>): void {
  test(name, async () => {
    if (!app) return;
    await run(app);
    assert.equal(app.errors, []);
  });
}

inApp('sliders and the wipe answer the keyboard', async ({ tab }) => {
  // A slider by keyboard draws the still picture anew; the wipe has a keyboard too.
  const before = await framesOf(tab);
  await tab.locator('.look input').nth(1).focus();
  await tab.keyboard.press('End');
  await frames(tab, before + 1);
  assert.is(await tab.locator('.look output').nth(1).textContent(), '150 %');
  await tab.click('#compare');
  await tab.locator('#wipe').focus();
  await tab.keyboard.press('ArrowLeft');
  const percent = () => tab.locator('#wipe').getAttribute('aria-valuenow');
  assert.is(await percent(), '48');
  for (const [key, to] of [
    ['ArrowUp', '50'],
    ['PageDown', '40'],
    ['Home', '0'],
    ['PageUp', '10'],
    ['End', '100'],
  ] as const) {
    await tab.keyboard.press(key);
    assert.is(await percent(), to, key);
  }
});

inApp('Tab reaches every control, which is seen, has a name and can be read', async ({ tab }) => {
  await checkWalk(tab);
  await checkNames(tab);
  await checkContrast(tab);
  // Tabs by arrow keys; what the page says goes by Escape.
  await tab.focus('#tab-details');
  for (const [key, panel] of [
    ['ArrowRight', 'looks'],
    ['End', 'details'],
    ['ArrowLeft', 'train'],
    ['Home', 'looks'],
  ] as const) {
    await tab.keyboard.press(key);
    assert.ok(await tab.locator(`#${panel}`).isVisible(), `${key} leads to ${panel}`);
    assert.ok(await tab.locator(`#tab-${panel}`).evaluate((e) => e === document.activeElement));
  }
  await tab.click('#compare');
});

inApp('the camera runs, and what it refuses is said', async ({ tab }) => {
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
  await tab.keyboard.press('Escape');
  assert.is(await tab.locator('.note', { hasText: 'not allowed' }).count(), 0, 'Escape takes a note away');
  assert.is(await tab.locator('#camera').getAttribute('aria-pressed'), 'false');
});

inApp('adapters are taken in; names of files are text, whatever they hold', async ({ tab }) => {
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

inApp('a lost device is replaced', async ({ tab }) => {
  await tab.click('#tab-details');
  await tab.click('#lose');
  await tab.waitForFunction(() => document.body.dataset.state === 'running', null, { timeout: PATIENCE });
});

/** Lets the device of the next training be lost after three of its steps. */
const loseInTraining = (tab: Page) =>
  tab
    .workers()
    .find((worker) => worker.url().endsWith('/train_worker.mjs'))!
    .evaluate(() => {
      const scope = globalThis as unknown as Pick<Worker, 'postMessage'>;
      let device: GPUDevice | null = null;
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        device = await requestDevice.call(this, descriptor);
        GPUAdapter.prototype.requestDevice = requestDevice;
        return device;
      };
      let steps = 0;
      const { postMessage } = scope;
      scope.postMessage = (message: { readonly event?: string }, ...rest: []) => {
        postMessage.call(scope, message, ...rest);
        if (message.event === 'step' && ++steps === 3) device!.destroy();
      };
    });

/** Begins a training and pauses it, without a pointer. */
async function startByKeyboard(tab: Page): Promise<void> {
  await tab.focus('#tab-looks');
  await tab.keyboard.press('ArrowRight');
  for (const [field, text] of [
    ['#scenes', '4'],
    ['#job-name', 'mine'],
    ['#job-steps', '50'],
  ] as const) {
    await tabTo(tab, field);
    await tab.keyboard.press('Control+A');
    await tab.keyboard.type(text);
  }
  await tabTo(tab, '#job-size');
  await tab.keyboard.type('32');
  await tabTo(tab, '#train-start');
  await tab.keyboard.press('Enter');
  await said(tab, /^Step \d+ of 50/);
  // The focus has gone on to the button that now is of use, and comes back.
  await tab.keyboard.press('Space');
  await said(tab, /^Paused at step \d+ of 50/);
  assert.ok(await tab.locator('#train-start').evaluate((e) => e === document.activeElement));
}

inApp(
  'training outlives a reload without a network and the loss of its device, and ends in a file',
  async ({ tab, context, stopServing }) => {
    // Training: paused, the page reloaded without a network, resumed to the end, exported.
    await tab.waitForFunction(
      async () => (await navigator.serviceWorker.ready).active?.state === 'activated',
    );
    await startByKeyboard(tab);
    stopServing();
    await context.setOffline(true);
    await tab.reload({ timeout: PATIENCE });
    await frames(tab, 1);
    await tab.click('#tab-train');
    await tab.locator('#unfinished', { hasText: '“mine” stopped at step' }).waitFor();
    await loseInTraining(tab);
    await tab.click('#resume');
    await noted(tab, 'The graphics device was lost');
    await said(tab, /^Done after 50 steps/);
    const download = tab.waitForEvent('download');
    await tab.click('#train-export');
    assert.is((await download).suggestedFilename(), 'mine.zip');
    assert.ok(await tab.locator('#chart canvas').count());
    await tab.click('#tab-looks');
    await tab.locator('.look .name', { hasText: 'mine' }).waitFor();
  },
);

test.run();
