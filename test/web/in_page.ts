import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openChromium, openPage } from './chromium.ts';
import { type Served, serve } from './site.ts';

/** What the tests of a file share. */
export interface Pages {
  /** Null where there is none: the tests then pass by. */
  browser: Browser | null;
  /** Of the page at `/`. */
  url: string;
  /** A test with a page of its own. @param prepare - runs in it before anything else */
  inPage(name: string, run: (tab: Page) => Promise<void>, prepare?: () => void): void;
}

/** One browser and one small site for all tests of a file. @param expected - errors that a page may show */
export function pagesOf(files: Readonly<Record<string, Served>>, expected = /(?!)/): Pages {
  let site: { url: string; close(): void };
  const pages: Pages = { browser: null, url: '', inPage };
  test.before(async () => {
    pages.browser = await openChromium();
    site = await serve(files);
    pages.url = `${site.url}/`;
  });
  test.after(async () => {
    await pages.browser?.close();
    site.close();
  });
  function inPage(name: string, run: (tab: Page) => Promise<void>, prepare?: () => void): void {
    test(name, async () => {
      if (!pages.browser) return;
      const { page: tab, errors } = await openPage(pages.browser, pages.url, prepare);
      try {
        await run(tab);
        assert.equal(
          errors.filter((line) => !expected.test(line)),
          [],
        );
      } finally {
        await tab.close();
      }
    });
  }
  return pages;
}
