import type { Browser } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openChromium, openPage } from './chromium.ts';
import type { EnginePage } from './pages/engine.ts';
import { serve } from './site.ts';
import { adapterFiles, randomAdapter, smallBase } from './small_base.ts';

declare const page: EnginePage;

let browser: Browser | null;
test.before(async () => {
  browser = await openChromium();
});
test.after(() => browser?.close());

test('2,000 frames make nothing', async () => {
  if (!browser) return;
  const site = await serve({
    '/': {
      type: 'text/html',
      body: '<!doctype html><canvas></canvas><script type="module" src="engine.mjs"></script>',
    },
    '/engine.mjs': 'dist/test_pages/engine.mjs',
    '/base.safetensors': smallBase(7),
    ...adapterFiles('/ink', randomAdapter(1, 'ink')),
  });
  const { page: tab } = await openPage(browser, `${site.url}/`);
  const found = await tab.evaluate(async () => {
    const filter = await page.open({ size: 16 });
    await filter.loadBase('base.safetensors');
    await filter.loadAdapter('ink/');
    const canvas = document.querySelector('canvas')!;
    const sources = [await page.testPicture(16, 16), await page.testPicture(16, 16, 9)];
    const { gc } = globalThis as unknown as { gc(): void };
    const heap = () => {
      gc();
      return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
    };
    const seen: string[] = [];
    const heaps: number[] = [];
    for (let i = 0; i < 2000; i++) {
      if (i % 10 === 0) filter.strengths({ ink: (i % 100) / 100 });
      await filter.draw(sources[i % 2]!, canvas, { wipe: (i % 7) / 7, smooth: 0.3 });
      if (i % 250 !== 249) continue;
      const { buffers, textures, bytes } = filter.stats;
      seen.push(`${buffers} ${textures} ${bytes}`);
      heaps.push(heap());
    }
    return { seen, heaps };
  });
  assert.is(new Set(found.seen).size, 1, found.seen.join('; '));
  const [, early] = found.heaps;
  const grown = found.heaps.at(-1)! - early!;
  assert.ok(grown < 500_000, `the heap grew by ${grown} bytes: ${found.heaps.join(' ')}`);
  await tab.close();
  site.close();
});

test.run();
