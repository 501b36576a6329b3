import { open } from '../../src/web/index.ts';
import type { FirstUse } from './first_use_result.ts';

// The script of the page of `npm run bench -- --first-use`: the package as a page uses it, from nothing to live frames.

async function post(path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

const say = (line: string) => post('/say', line);

async function main(): Promise<FirstUse> {
  const { edge, repeats } = (await post('/task', null)) as { edge: number; repeats: number };
  const filter = await open({ size: edge });
  await filter.loadBase('/base.safetensors');
  await filter.loadAdapter('/first/', { name: 'first' });
  await filter.loadAdapter('/second/', { name: 'second', strength: 0 });
  await say('files are here');
  await filter.ready();
  const [source, canvas] = [new OffscreenCanvas(edge, edge), document.createElement('canvas')];
  Object.assign(canvas, { width: edge, height: edge });
  const context = source.getContext('2d')!;
  for (let i = 0; i < 64; i++) {
    context.fillStyle = `hsl(${i * 47} 70% 50%)`;
    context.fillRect(((i * 37) % edge) - 8, ((i * 53) % edge) - 8, edge / 4, edge / 4);
  }
  const frame = async (strengths?: Record<string, number>): Promise<number> => {
    const begin = performance.now();
    if (strengths) filter.strengths(strengths);
    await filter.draw(source, canvas);
    return performance.now() - begin;
  };
  await frame();
  await say('the first frame is there');
  const frames = { same: [] as number[], switched: [] as number[], blended: [] as number[] };
  for (let i = 0; i < repeats; i++) {
    frames.same.push(await frame());
    frames.switched.push(await frame({ first: i % 2, second: 1 - (i % 2) }));
    frames.blended.push(await frame({ first: 0.4 + 0.01 * i, second: 0.5 }));
  }
  const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const { vendor, architecture, description, software } = filter.support;
  return {
    adapter:
      [vendor, architecture, description].filter(Boolean).join(' ') || (software ? 'software' : 'unknown'),
    browser: navigator.userAgent,
    edge,
    bytes: files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    timeline: filter.timeline,
    frames,
  };
}

main().then(
  (result) => post('/result', result),
  (error: unknown) => post('/failed', error instanceof Error ? error.message : String(error)),
);
