import { DeviceLostError, KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import { breakSteps } from './broken_steps.ts';
import { type Figures, runPart } from './figures.ts';
import { GPU_INJECTIONS, type GpuInjection } from './gpu_injections.ts';
import { inScratch } from './scratch.ts';

// Errors of the device: none may be reported as a success. All buffers hold NaN before the run, so that lost work shows.

const N = 8;
const X = Float32Array.from({ length: N * N }, (_, i) => (i % 7) - 3);

/** What a run says with a fault injected: its error, or its values. */
async function runWith(injection: GpuInjection | null, nth: number): Promise<Float32Array | Error> {
  const gpu = await Gpu.open({ watchdogMs: 300 });
  try {
    injection?.apply(gpu, nth);
    const program = await gpu.compile(() => {
      const x = gpu.input('x', [N, N]);
      return { y: add(null, matmul(null, transpose(null, x), x), x) };
    });
    for (const buffer of program.buffers)
      if (buffer.label !== 'params')
        gpu.device.queue.writeBuffer(buffer, 0, new Float32Array(buffer.size / 4).fill(Number.NaN));
    return (await program.run({ x: X })).y!;
  } catch (error) {
    return error as Error;
  } finally {
    gpu.close();
  }
}

/** What is wrong with an outcome: a success that is none, or an error that says too little. */
function wrongWith(outcome: Float32Array | Error, right: Float32Array): string | null {
  if (outcome instanceof Float32Array) {
    if (outcome.some(Number.isNaN)) return null;
    return outcome.every((v, i) => v === right[i]) ? 'reported as success' : 'wrong values without an error';
  }
  if (outcome instanceof KernelError || outcome instanceof DeviceLostError) return null;
  return `not told as the device's: ${outcome.stack}`;
}

/** Errors in one small program, each at several places. */
async function breakProgram(figures: Figures, count: number): Promise<void> {
  const right = await runWith(null, 0);
  if (right instanceof Error) throw right;
  let told = 0;
  for (let i = 0; i < count; i++) {
    const injection = GPU_INJECTIONS[i % GPU_INJECTIONS.length]!;
    const outcome = await runWith(injection, Math.floor(i / GPU_INJECTIONS.length));
    const wrong = wrongWith(outcome, right);
    if (wrong) figures.detail(`${injection.name} (${i}): ${wrong}`);
    else told++;
  }
  figures.count('errors of the device in a program', told, count, 'told, none reported as success');
}

// 100 errors in full.
const COUNTS = {
  full: { program: 56, training: 44 },
  sample: { program: GPU_INJECTIONS.length, training: 11 },
};

await runPart((figures, { full, seed }) =>
  inScratch(async (folder) => {
    const { program, training } = full ? COUNTS.full : COUNTS.sample;
    await breakProgram(figures, program);
    await breakSteps(figures, folder, training, seed);
  }),
);
