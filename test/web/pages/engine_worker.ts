import { open } from '../../../src/web/index.ts';

// Draws one picture on a canvas that a page has handed over, and answers with the values.

globalThis.onmessage = async ({ data }: MessageEvent<{ canvas: OffscreenCanvas; source: ImageBitmap }>) => {
  const filter = await open({ size: 32, storage: 'f16' });
  await filter.loadBase(new URL('half.safetensors', globalThis.location.href));
  await filter.draw(data.source, data.canvas);
  globalThis.postMessage([...(await filter.values())]);
};
