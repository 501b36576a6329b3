import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { KernelError } from '../../src/runtime/errors.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { onLastingGpu } from '../../src/web/lasting_gpu.ts';
import { finetune, renderPair } from '../../src/web/training.ts';
import { openChromium, openPage, swiftshaderDriver } from './chromium.ts';
import type { TrainingPage } from './pages/training.ts';
import { serve } from './site.ts';
import { smallBase } from './small_base.ts';

declare const training: TrainingPage;

const JOB = { concept: 'ink', prompt: 'ink', size: 24, steps: 50, seed: 3 } as const;
const SCENES = 6;

/** A training in Node, on the driver that Chromium brings. */
async function inNode() {
  const driver = await swiftshaderDriver();
  if (driver) {
    delete process.env.VK_DRIVER_FILES;
    process.env.VK_ICD_FILENAMES = driver;
  }
  const pairs = Array.from({ length: SCENES }, (_, i) => renderPair(i, 32, 'ink'));
  const losses: number[] = [];
  const { files } = await finetune({
    ...JOB,
    base: smallBase(7),
    pairs,
    onStep: (_, { g_l1 }) => losses.push(g_l1),
  });
  return { weights: files['adapter_model.safetensors'], losses };
}

/** Largest difference between values of two adapters, as a share of the largest value. */
function apart(a: Uint8Array, b: Uint8Array): number {
  const [x, y] = [readSafetensors(a).tensors, readSafetensors(b).tensors];
  assert.equal([...x.keys()], [...y.keys()]);
  let [most, largest] = [0, 0];
  for (const [name, { data }] of x)
    data.forEach((value, i) => {
      most = Math.max(most, Math.abs(Number(value) - Number(y.get(name)!.data[i])));
      largest = Math.max(largest, Math.abs(Number(value)));
    });
  return most / largest;
}

/** The same in a page: stopped after 20 steps, gone on with, and without its device after 33. */
const trainInPage = (tab: Page) =>
  tab.evaluate(
    async ([job, scenes]) => {
      const pairs = Array.from({ length: scenes }, (_, i) => training.renderPair(i, 32, 'ink'));
      let device: GPUDevice | null = null;
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        device = await requestDevice.call(this, descriptor);
        return device;
      };
      const told: [step: number, loss: number][] = [];
      const lost: number[] = [];
      const stop = new AbortController();
      let checkpoint: Uint8Array | undefined;
      const common = { ...job, base: 'base.safetensors', pairs };
      const half = await training.finetune({
        ...common,
        saveEvery: 1000,
        signal: stop.signal,
        onStep: (step, { g_l1 }) => {
          told.push([step, g_l1]);
          if (step === 20) stop.abort();
        },
        onCheckpoint: (_, bytes) => {
          checkpoint = bytes;
        },
      });
      const whole = await training.finetune({
        ...common,
        saveEvery: 15,
        checkpoint: checkpoint!,
        onStep: (step, { g_l1 }) => {
          told.push([step, g_l1]);
          if (step === 33 && !lost.length) device!.destroy();
        },
        onLost: (step) => lost.push(step),
      });
      return { stopped: half.step, told, lost, weights: [...whole.files['adapter_model.safetensors']] };
    },
    [JOB, SCENES] as const,
  );

let browser: Browser | null;
test.before(async () => {
  browser = await openChromium();
});
test.after(() => browser?.close());

test('50 steps in a page give the adapter that Node gives, also when stopped and resumed, and when the device is lost', async () => {
  if (!browser) return;
  const site = await serve({
    '/': { type: 'text/html', body: '<!doctype html><script type="module" src="training.mjs"></script>' },
    '/training.mjs': 'dist/test_pages/training.mjs',
    '/base.safetensors': smallBase(7),
  });
  const { page: tab, errors } = await openPage(browser, `${site.url}/`);
  const found = await trainInPage(tab);
  assert.equal(errors, []);
  assert.ok(found.stopped < 50, `stopped at ${found.stopped}`);
  assert.equal(found.lost, [30], 'goes on from the newest checkpoint');
  const node = await inNode();
  const again = found.told.filter(([step], i) => found.told.findIndex(([s]) => s === step) < i);
  assert.ok(again.length >= 3, `${again.length} steps are told once more`);
  for (const [step, loss] of again)
    assert.is(loss, found.told.find(([s]) => s === step)![1], `step ${step} has the same bits`);
  assert.equal(
    [...new Set(found.told.map(([step]) => step))],
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
  const error = apart(Uint8Array.from(found.weights), node.weights);
  console.log(
    `largest difference ${error} of the largest weight; L1 ${node.losses[0]} to ${node.losses.at(-1)}`,
  );
  assert.ok(error <= 1e-4, `${error}`);
  await tab.close();
  site.close();
});

test('a device that is lost three times in a minute ends a training; other errors pass at once', async () => {
  const lost: string[] = [];
  let tries = 0;
  const reason = (work: Parameters<typeof onLastingGpu>[0]) =>
    onLastingGpu(work, (why) => lost.push(why)).then(String, (e: Error) => e.message);
  const losing = async ({ device, faults }: Gpu) => {
    tries++;
    device.destroy();
    await device.lost;
    faults.check('a step');
  };
  assert.match(
    await reason(losing),
    /^The graphics device was lost 3 times in a minute \(a step: .*\): reload the page and resume/,
  );
  assert.is(tries, 3);
  assert.is(lost.length, 2);
  const other = async () => {
    throw new KernelError('other');
  };
  assert.is(await reason(other), 'other');
  assert.is(lost.length, 2);
});

test('a training says what is wrong with its pairs and settings', async () => {
  const pair = renderPair(0, 32, 'ink');
  const reason = (options: object) =>
    finetune({ ...JOB, base: smallBase(7), pairs: [pair], ...options }).then(
      () => '',
      (e: Error) => e.message,
    );
  assert.match(await reason({ pairs: [] }), /no pairs/);
  assert.match(await reason({ size: 40 }), /pair 1: 32x32 is smaller than the crops of 40/);
  assert.match(await reason({ size: 20 }), /multiple of 8/);
  assert.match(await reason({ steps: 0 }), /steps: 0/);
  assert.match(
    await reason({ pairs: [{ ...pair, target: renderPair(0, 40, 'ink').target }] }),
    /32x32 and 40x40 differ/,
  );
  assert.match(await reason({ base: new Uint8Array(3) }), /the file/);
});

test.run();
