import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CANVAS_FLAGS, findChromium, ownVulkan } from '../../bench/web/browser.ts';

// Debian's Chromium on SwiftShader. Without the Vulkan flags computing works, but canvases stay blank and the camera fails.

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  ...CANVAS_FLAGS,
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--js-flags=--expose-gc',
];

/** A browser, or null where there is none, and then says so. */
export async function openChromium(flags: readonly string[] = FLAGS): Promise<Browser | null> {
  const executablePath = await findChromium().catch((error: Error) => {
    console.log(`skipped: ${error.message}`);
    return null;
  });
  return executablePath
    ? chromium.launch({ executablePath, headless: true, args: [...flags], env: ownVulkan() })
    : null;
}

/** Without WebGPU: as browsers are that do not have it. */
export const WITHOUT_WEBGPU = FLAGS.filter((flag) => !/webgpu/.test(flag));

/** A page whose errors the test hears of. @param prepare - runs in it before anything else */
export async function openPage(
  browser: Browser,
  url: string,
  prepare?: () => void,
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  if (prepare) await page.addInitScript(prepare);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

/** SwiftShader's Vulkan driver that comes with Chromium, for Dawn in Node; null where it is not. */
export async function swiftshaderDriver(): Promise<string | null> {
  const places = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json'];
  return places.find((path) => existsSync(path)) ?? null;
}
