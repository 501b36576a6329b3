import { listFiles, serveFiles } from '../../src/cli/demo/file_server.ts';
import { messageOf } from '../../src/cli/errors.ts';
import { openChromium } from '../web/chromium.ts';

// `npm run conformance:web -- DIR [FILTER]`: conformance.html in a headless Chromium, its lines and its total.

const LIMIT_MS = 1_800_000;

async function main([dir, filter = '']: readonly string[]): Promise<number> {
  if (!dir) throw new Error('usage: npm run conformance:web -- DIR [FILTER]');
  const site = await listFiles('dist/site');
  const vectors = [...(await listFiles(dir))].map(([path, file]) => [`/vectors${path}`, file] as const);
  const server = await serveFiles(new Map([...site, ...vectors]), 0);
  const browser = await openChromium();
  if (!browser) return 1;
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error.message));
    await page.goto(`${server.url}conformance.html?vectors=vectors/&filter=${encodeURIComponent(filter)}`);
    const ended = () => ['passed', 'failed'].includes(document.body.dataset.state ?? '');
    await page.waitForFunction(ended, null, { timeout: LIMIT_MS, polling: 500 });
    console.log(await page.locator('#log').innerText());
    return (await page.evaluate(() => document.body.dataset.state)) === 'passed' ? 0 : 1;
  } finally {
    await browser.close();
    server.close();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`conformance: ${messageOf(error)}`);
  process.exitCode = 2;
}
