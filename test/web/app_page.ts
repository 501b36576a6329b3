import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { listFiles } from '../../src/cli/demo/file_server.ts';
import { openChromium } from './chromium.ts';
import { serve } from './site.ts';
import { adapterFiles, randomAdapter, SMALLER, smallBase } from './small_base.ts';

// The built app, under a sub-path of a plain static server, with a base that a software device runs quickly.

/** The base that the page falls back to; the first look is there for it, too. */
export const smallerBase = smallBase(8, 'F32', 'smaller', SMALLER);

export const PATIENCE = 600_000;

/** The app in a browser, and what a test asks it. */
export interface AppPage {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly tab: Page;
  /** What the page has thrown. */
  readonly errors: readonly string[];
  /** Ends the server; a page that was loaded goes on. */
  stopServing(): void;
  close(): Promise<void>;
}

async function siteFiles(): Promise<Record<string, string | Uint8Array>> {
  const files: Record<string, string | Uint8Array> = {};
  for (const [path, file] of await listFiles('dist/site')) files[`/some/where${path}`] = file;
  const { looks } = JSON.parse(await readFile('dist/site/models.json', 'utf8'));
  files['/some/where/models/base.safetensors'] = smallBase(7);
  // The discriminator is for a base of another width; training draws its own.
  const [first] = looks;
  const models = {
    base: { file: 'models/base.safetensors', bytes: 1 },
    discriminator: null,
    smaller: [{ base: 'models/smaller.safetensors', adapters: { [first.name]: 'models/smaller/' } }],
    looks,
  };
  files['/some/where/models/smaller.safetensors'] = smallerBase;
  Object.assign(files, adapterFiles('/some/where/models/smaller', randomAdapter(50, first.name, SMALLER)));
  files['/some/where/models.json'] = new TextEncoder().encode(JSON.stringify(models));
  for (const [i, { name }] of looks.entries())
    Object.assign(files, adapterFiles(`/some/where/models/${name}`, randomAdapter(i, name)));
  return files;
}

/** What is done to the app before its first frame. */
export interface Before {
  /** Runs in the page before its own scripts. */
  readonly prepare?: () => void;
  /** Runs as soon as the page has been loaded: the base is fetched and compiled meanwhile. */
  readonly loading?: (tab: Page) => Promise<void>;
}

/** Opens the app, waits for its first frame and settles on pictures of 64 points; null where there is no browser. */
export async function openApp({ prepare, loading }: Before = {}): Promise<AppPage | null> {
  const browser = await openChromium();
  if (!browser) return null;
  const site = await serve(await siteFiles());
  const context = await browser.newContext({ acceptDownloads: true });
  const tab = await context.newPage();
  tab.setDefaultTimeout(PATIENCE);
  const errors: string[] = [];
  tab.on('pageerror', (error) => errors.push(error.message));
  if (prepare) await tab.addInitScript(prepare);
  await tab.goto(`${site.url}/some/where/`, { timeout: PATIENCE });
  await loading?.(tab);
  await frames(tab, 1);
  // By itself a slow machine would make the picture smaller, and then the base, whenever it likes.
  await tab.selectOption('#size', '64');
  const close = async () => {
    await browser.close();
    site.close();
  };
  return { browser, context, tab, errors, stopServing: () => site.close(), close };
}

export const framesOf = (tab: Page) => tab.evaluate(() => Number(document.body.dataset.frames ?? 0));

export const frames = (tab: Page, least: number) =>
  tab.waitForFunction((n) => Number(document.body.dataset.frames) >= n, least, { timeout: PATIENCE });

/** Waits for so many frames more. */
export const more = async (tab: Page, count: number) => frames(tab, (await framesOf(tab)) + count);

/** What the training panel says. */
export const said = (tab: Page, text: RegExp) =>
  tab.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('#train-said')!.textContent ?? ''),
    text.source,
    { timeout: PATIENCE },
  );

export const noted = (tab: Page, text: string) =>
  tab.locator('.note', { hasText: text }).first().waitFor({ timeout: PATIENCE });
