import { Gpu } from '../../src/runtime/gpu.ts';
import type { PeerName } from '../cases/bench_case.ts';
import type { Library } from '../child.ts';
import type { Sample } from '../protocol.ts';
import { webCases } from '../web/cases.ts';
import type { PageResult, PageTask, PageWho } from '../web/page_result.ts';
import { measurePageCase, type PageLibrary, type PageTools } from '../web/turns.ts';
import { jaxWeb } from './jax_web.ts';
import { ortWeb } from './ort_web.ts';

// The script of the page of `npm run bench -- --web`. Here, since this folder's packages are bundled into it.

async function post(path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** Processor milliseconds of the browser so far over cores; the server reads them, a page cannot. */
const processorTime = async (): Promise<number> => (await post('/clock', null)) as number;

const tools: PageTools = {
  async time(work): Promise<Sample> {
    const before = await processorTime();
    const start = performance.now();
    await work();
    const wall = performance.now() - start;
    return { wall, cpu: (await processorTime()) - before };
  },
  say: async (line) => void (await post('/say', line)),
};

const own = (gpu: Gpu): PageLibrary => ({
  who: 'ours',
  forms: () => [''],
  prepare: ({ benchCase }, values) => benchCase.ours(gpu, values),
});

/** A peer under its name among the cases. */
function peer(who: PageWho, name: PeerName, library: Library): PageLibrary {
  let opened: Promise<unknown> | null = null;
  return {
    who,
    forms: ({ benchCase }) => benchCase.forms[name] ?? [''],
    prepare: async ({ benchCase }, values, form) => {
      opened ??= library.open();
      await opened;
      return library.prepare(benchCase.workload, values, form);
    },
  };
}

async function main(): Promise<PageResult> {
  const { edge, repeats } = (await post('/task', null)) as PageTask;
  const gpu = await Gpu.open();
  const { vendor, architecture, device, description } = gpu.info;
  const adapter = [vendor, architecture, device, description].filter(Boolean).join(' ') || 'unknown';
  await tools.say(`${adapter}${gpu.features.software ? ', a software device' : ''}`);
  const libraries = [
    own(gpu),
    peer('onnxruntime-web', 'onnxruntime', ortWeb('/ort.wasm')),
    peer('jax-js', 'jax-js', jaxWeb),
  ];
  const cases = [];
  for (const webCase of webCases(edge)) cases.push(await measurePageCase(webCase, libraries, repeats, tools));
  return { adapter, browser: navigator.userAgent, cases };
}

main().then(
  (result) => post('/result', result),
  (error: unknown) => post('/failed', error instanceof Error ? error.message : String(error)),
);
