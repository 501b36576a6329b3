import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type AppPage, frames, framesOf, openApp, PATIENCE } from './app_page.ts';

// What somebody does before the first frame: the base is being fetched and compiled, for seconds on a slow machine.

let presses = 0;

// One that is asked for before the last has come takes its place: on a slow machine they need more time, which doubling finds.
const FIRST_MS = 200;
const MOST = 12;

/** Asks for another scene again and again, from when the first frame is being compiled for until it is there. */
async function impatience(tab: Page): Promise<void> {
  await tab.locator('#cover-text', { hasText: 'Compiling' }).waitFor({ timeout: PATIENCE });
  while (presses < MOST && (await framesOf(tab)) === 0) {
    // A real press waits for the page's next frame, which compiling holds up on software devices.
    await tab.locator('#scene').dispatchEvent('click');
    await tab.waitForTimeout(FIRST_MS * 2 ** presses++);
  }
}

let app: AppPage | null;
test.before(async () => {
  app = await openApp({ loading: impatience });
});
test.after(() => app?.close());

test('scenes that are asked for while the network is compiled come, and close no picture that a frame reads', async () => {
  if (!app) return;
  const { tab, errors } = app;
  assert.ok(presses > 0, `Scene was pressed ${presses} times before the first frame`);
  assert.equal(await tab.locator('.note.bad').allTextContents(), []);
  // A scene is one frame, which may be there before the press returns: so count before.
  const before = await framesOf(tab);
  await tab.click('#scene');
  await frames(tab, before + 1);
  assert.equal(errors, []);
});

test.run();
