import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Gpu } from '../../src/runtime/gpu.ts';
import { run } from '../cli/run_program.ts';
import { writeSmallBase as writeTrainable } from '../cli/small_base.ts';
import { writeNoise } from '../cli/small_model.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { inScratch } from './scratch.ts';

// The device is lost at chosen moments of real commands; they must go on with another and end with the same bits.

const STAGES = ['upload', 'forward', 'backward', 'optimizer', 'readback', 'save'] as const;
type Stage = (typeof STAGES)[number];

type Any = Record<string, (...values: unknown[]) => unknown>;

/** Calls `seen` before every call of a method. */
function before(target: object, name: string, seen: (values: unknown[]) => void): void {
  const real = (target as Any)[name]!.bind(target);
  const value = (...values: unknown[]) => {
    seen(values);
    return real(...values);
  };
  Object.defineProperty(target, name, { value, configurable: true });
}

const stageOf = (pipeline: string): Stage =>
  pipeline.startsWith('adam/') ? 'optimizer' : pipeline.includes('/grad_') ? 'backward' : 'forward';

/** Tells of every call that belongs to a stage, on each device that is opened. */
function onStages(seen: (gpu: Gpu, stage: Stage) => void): { restore(): void } {
  const open = Gpu.open;
  Gpu.open = async (...values) => {
    const gpu = await open.apply(Gpu, values);
    const { device } = gpu;
    before(device.queue, 'writeBuffer', () => seen(gpu, 'upload'));
    const create = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (...about) => {
      const encoder = create(...about);
      const begin = encoder.beginComputePass.bind(encoder);
      before(encoder, 'copyBufferToBuffer', ([, , to]) => {
        seen(gpu, (to as GPUBuffer).label === 'readback losses' ? 'readback' : 'save');
      });
      encoder.beginComputePass = (...options) => {
        const pass = begin(...options);
        let stage: Stage = 'forward';
        before(pass, 'setPipeline', ([pipeline]) => {
          stage = stageOf((pipeline as GPUComputePipeline).label);
        });
        before(pass, 'dispatchWorkgroups', () => seen(gpu, stage));
        return pass;
      };
      return encoder;
    };
    return gpu;
  };
  return {
    restore() {
      Gpu.open = open;
    },
  };
}

const FILES = ['adapter_model.safetensors', 'adapter_config.json', 'quality.json'];
const finetune = (base: string, out: string): string[] => [
  ...['finetune', out, '--scenes', 'autumn', '--scene-count', '3', '--held-out', '1', '--base', base],
  ...[
    '--size',
    '24',
    '--steps',
    '6',
    '--save-every',
    '2',
    '--preview-every',
    '1000',
    '--adapter-dtype',
    'f32',
  ],
];

/** Fine-tunes with a loss at the nth call of a stage. @returns losses, and the files it made */
async function trainLosing(base: string, out: string, stage: Stage, nth: number) {
  let [count, losses] = [0, 0];
  const hook = onStages((gpu, at) => {
    if (at !== stage || count++ !== nth) return;
    losses++;
    gpu.device.destroy();
  });
  const { code, err } = await run(...finetune(base, out));
  hook.restore();
  const files = await Promise.all(
    FILES.map((name) => readFile(join(out, name)).catch(() => Buffer.alloc(0))),
  );
  return { code, err, losses, bytes: Buffer.concat(files) };
}

async function training(figures: Figures, folder: string, { full, seed }: PartOptions): Promise<void> {
  const base = join(folder, 'base.safetensors');
  await writeTrainable(base);
  const calls = new Map<Stage, number>(STAGES.map((stage) => [stage, 0]));
  const hook = onStages((_, stage) => void calls.set(stage, calls.get(stage)! + 1));
  await run(...finetune(base, join(folder, 'whole')));
  hook.restore();
  const whole = await Promise.all(FILES.map((name) => readFile(join(folder, 'whole', name))));
  const wanted = Buffer.concat(whole);
  const each = full ? 10 : 1;
  let [equal, points] = [0, 0];
  for (const [s, stage] of STAGES.entries())
    for (let i = 0; i < each; i++) {
      points++;
      const share = full ? (i + 0.5) / each : ((seed * 7 + s * 5) % 10) / 10;
      const nth = Math.floor(share * calls.get(stage)!);
      const got = await trainLosing(base, join(folder, `${stage}-${i}`), stage, nth);
      if (got.code === 0 && got.losses === 1 && got.bytes.equals(wanted)) equal++;
      else
        figures.detail(
          `${stage}, call ${nth}: code ${got.code}, ${got.losses} losses, ${got.err.slice(-300)}`,
        );
    }
  figures.count('losses of the device during a training', equal, points, 'survived bit for bit');
}

/** Pictures are edited while the device goes away before one of them. */
async function frames(figures: Figures, folder: string): Promise<void> {
  const base = join(folder, 'base.safetensors');
  await mkdir(join(folder, 'pictures'));
  for (let i = 0; i < 4; i++) await writeNoise(join(folder, 'pictures', `${i}.png`), 24, 24);
  let [runs, lostAt, backAfter] = [0, process.cpuUsage(), 0];
  let devices = 0;
  const hook = onStages((gpu, stage) => {
    if (stage === 'upload') return;
    // The first work of the second device after the loss is that of the next frame.
    if (stage === 'save' && devices === 1 && backAfter === 0) {
      const { user, system } = process.cpuUsage(lostAt);
      backAfter = (user + system) / 1e6;
    }
    if (stage !== 'save' || devices > 0 || ++runs < 3) return;
    devices++;
    lostAt = process.cpuUsage();
    gpu.device.destroy();
  });
  const { code, err } = await run('apply', join(folder, 'pictures'), join(folder, 'edited'), '--base', base);
  hook.restore();
  const made = (await readdir(join(folder, 'edited')).catch(() => [])).length;
  if (code !== 0) figures.detail(`${code}: ${err.slice(-300)}`);
  figures.count('pictures edited although the device was lost', made, 4, 'there');
  figures.atMost('until the next frame', backAfter || Number.POSITIVE_INFINITY, 5, 's of processor time');
}

/** A device that goes at every try. */
async function thrice(figures: Figures, folder: string): Promise<void> {
  const base = join(folder, 'base.safetensors');
  const hook = onStages((gpu, stage) => {
    if (stage === 'optimizer') gpu.device.destroy();
  });
  const { code, err } = await run(...finetune(base, join(folder, 'never')));
  hook.restore();
  const isTold = code === 1 && /lost 3 times within a minute .*run the same command\n$/.test(err);
  if (!isTold) figures.detail(`${code}: ${err.slice(-300)}`);
  figures.count('a device that is lost again and again', Number(isTold), 1, 'given up in one line');
}

await runPart((figures, options) =>
  inScratch(async (folder) => {
    await training(figures, folder, options);
    await frames(figures, folder);
    await thrice(figures, folder);
  }),
);
