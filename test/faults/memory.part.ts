import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Editors, readEdit } from '../../src/cli/editing.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import { trainLoop } from '../../src/train/loop.ts';
import { noisePicture, sha256, writeSmallAdapter, writeSmallBase } from '../cli/small_model.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { inScratch } from './scratch.ts';
import { noiseSource, SAMPLING, smallTrainer } from './small_training.ts';

// Memory that must not grow: over steps, frames, engines, uploads; and processes that must end.

const MB = 2 ** 20;

/** Resident memory in MB, once what nobody needs is gone. */
async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss() / MB;
}

async function steps(figures: Figures, { full }: PartOptions): Promise<void> {
  const [warm, total] = full ? [500, 2000] : [100, 300];
  const gpu = await Gpu.open();
  const trainer = await smallTrainer(gpu, total);
  let [before, changes] = [0, 0];
  let counts = '';
  await trainLoop(trainer, noiseSource, SAMPLING, 0, {
    async onStep(step) {
      if (step === warm) {
        before = await resident();
        counts = JSON.stringify(gpu.counts);
      }
      if (step > warm && JSON.stringify(gpu.counts) !== counts) changes++;
    },
    shouldStop: () => false,
    onCheckpoint() {},
    isCheckpointDue: () => false,
  });
  const growth = (await resident()) - before;
  const name = `resident memory, steps ${warm} to ${total}`;
  figures.atMost(name, growth, 20, 'MB of growth');
  figures.atMost(`${name}, as a share`, (100 * growth) / before, 5, '%');
  figures.count(
    `objects and bytes on the device, steps ${warm} to ${total}`,
    total - warm - changes,
    total - warm,
    'times the same',
  );
  trainer.dispose();
  gpu.close();
}

/** Frames of a small generator with an adapter in it, each of another picture. */
async function frames(figures: Figures, folder: string, { full }: PartOptions): Promise<void> {
  // What compilers and allocators keep for themselves has settled after a thousand frames.
  const [warm, count, edge] = full ? [1000, 2000, 32] : [50, 250, 32];
  const base = await writeSmallBase(folder);
  const adapter = await writeSmallAdapter(join(folder, 'adapter'), sha256(await readFile(base)));
  const edit = await readEdit({ base, adapter: [{ path: adapter, strength: 1 }] }, () => {});
  const gpu = await Gpu.open();
  const editors = new Editors(gpu, edit);
  const pictures = Array.from({ length: 8 }, (_, i) => noisePicture(edge, edge, i));
  const first = await editors.edit(pictures[0]!);
  for (let i = 0; i < warm; i++) await editors.edit(pictures[i % pictures.length]!);
  const [before, counts] = [await resident(), JSON.stringify(gpu.counts)];
  let same = 0;
  for (let i = 0; i < count; i++) {
    await editors.edit(pictures[i % pictures.length]!);
    if (JSON.stringify(gpu.counts) === counts) same++;
  }
  const growth = (await resident()) - before;
  const name = `${count} frames of a generator with an adapter`;
  figures.atMost(`resident memory over ${name}`, growth, 20, 'MB of growth');
  figures.atMost('and as a share', (100 * growth) / before, 5, '%');
  figures.count(`objects and bytes on the device over ${name}`, same, count, 'times the same');
  const { rgb } = await editors.edit(pictures[0]!);
  figures.count(
    'the last frame',
    Number(Buffer.from(rgb).equals(first.rgb)),
    1,
    'as the first of that picture',
  );
  editors.dispose();
  gpu.close();
}

async function engines(figures: Figures, { full }: PartOptions): Promise<void> {
  const count = full ? 1000 : 40;
  const cycle = async () => {
    const gpu = await Gpu.open();
    const program = await gpu.compile(() => ({ y: transpose(null, gpu.input('x', [8, 8])) }));
    await program.run({ x: new Float32Array(64) });
    program.dispose();
    const left = gpu.counts.buffers + gpu.counts.bindGroups;
    gpu.close();
    return left;
  };
  // The first hundred fill the driver's caches. V8 does not know what its objects weigh on the device, so it is asked to
  // collect them now and then, as a program with other work does by itself.
  const warm = full ? 100 : 20;
  for (let i = 0; i < warm; i++) await cycle();
  const before = await resident();
  let clean = 0;
  for (let i = 0; i < count; i++) {
    if ((await cycle()) === 0) clean++;
    if (i % 50 === 0) await resident();
  }
  figures.atMost(`resident memory over ${count} engines`, (await resident()) - before, 30, 'MB of growth');
  figures.count('engines that were closed', clean, count, 'left no object');
}

/** What is written into buffers that go before any work is submitted stays in Dawn's staging memory until there is. */
async function uploads(figures: Figures, { full }: PartOptions): Promise<void> {
  const [count, floats] = [full ? 1000 : 200, MB / 4];
  const gpu = await Gpu.open();
  const values = new Float32Array(floats).fill(1);
  const upload = () => gpu.dispose(gpu.parameter('w', [floats], values));
  const uploadMany = async (times: number) => {
    for (let i = 0; i < times; i++) {
      upload();
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  // Up to some 100 MB are under way while the device is behind, as many after 4,000 uploads as after 400.
  await uploadMany(400);
  const before = await resident();
  await uploadMany(count);
  figures.atMost(
    `${count} MB uploaded and given back without a run`,
    (await resident()) - before,
    100,
    'MB of growth',
  );
  gpu.close();
}

const CHILD = fileURLToPath(new URL('./exit.child.mjs', import.meta.url));
const WAYS: Readonly<Record<string, number>> = {
  open: 0,
  close: 0,
  pending: 0,
  exit: 0,
  throw: 1,
  reject: 1,
};

/** Ends a process that has used the device. @returns exit code, and milliseconds from its last line to its end */
function leave(way: string): Promise<{ code: number | null; ms: number }> {
  const child = spawn(process.execPath, [CHILD, way], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  return new Promise((resolve) =>
    child.on('close', (code) => {
      const end = Number(/end ([\d.]+)/.exec(out)?.[1]);
      resolve({ code, ms: performance.timeOrigin + performance.now() - end });
    }),
  );
}

async function exits(figures: Figures, { full }: PartOptions): Promise<void> {
  const count = full ? 100 : 6;
  let [clean, slowest] = [0, 0];
  for (let i = 0; i < count; i++) {
    const way = Object.keys(WAYS)[i % Object.keys(WAYS).length]!;
    const { code, ms } = await leave(way);
    if (code === WAYS[way]) clean++;
    else figures.detail(`${way}: exit code ${code}`);
    slowest = Math.max(slowest, ms);
  }
  figures.count('processes that used the device', clean, count, 'ended with the code that they should');
  figures.atMost('the slowest of them, after its last line', slowest, full ? 1000 : 5000, 'ms');
}

await runPart(async (figures, options) => {
  await uploads(figures, options);
  await steps(figures, options);
  await inScratch((folder) => frames(figures, folder, options));
  await engines(figures, options);
  await exits(figures, options);
});
