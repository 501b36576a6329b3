import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/train/random.ts';
import { writeSmallBase } from './small_base.ts';

const KILLS = 10;
// Where a start compiles for so long (SwiftShader), ten of them are the whole time of a test.
const SLOW_START_MS = 15_000;
const FEW_KILLS = 3;
const STEPS = 300;

/** Fine-tunes in `out`; with `killAfterSteps` the process is killed so many steps after its first, unless it was faster. */
function finetune(
  base: string,
  out: string,
  killAfterSteps?: number,
): Promise<{ code: number | null; stderr: string; startMs: number }> {
  const begin = performance.now();
  const args = [
    'finetune',
    out,
    '--scenes',
    'autumn',
    '--scene-count',
    '5',
    '--held-out',
    '2',
    '--base',
    base,
  ];
  const rest = ['--size', '24', '--steps', String(STEPS), '--save-every', '7', '--preview-every', '1000'];
  // Rounded to f16, two adapters could be equal that are not.
  rest.push('--adapter-dtype', 'f32');
  const child = spawn(process.execPath, ['dist/cli.mjs', ...args, ...rest], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  let startMs = 0;
  let timer: NodeJS.Timeout | undefined;
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    if (!startMs && /\d+\/300/.test(stderr)) startMs = performance.now() - begin;
    if (killAfterSteps === undefined || timer || !/\d+\/300/.test(stderr)) return;
    const first = stepsIn(out);
    timer = setInterval(() => stepsIn(out) >= first + killAfterSteps && child.kill('SIGKILL'), 5);
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(timer);
      resolve({ code, stderr, startMs });
    });
  });
}

/** Steps that a run has written down. */
const stepsIn = (out: string): number =>
  existsSync(join(out, 'metrics.jsonl'))
    ? readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length - 1
    : 0;

const FILES = ['adapter_model.safetensors', 'adapter_config.json'];

test('a fine-tune killed again and again and resumed gives the adapter of the unbroken run, byte for byte', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'e2gan-resume-'));
  try {
    const base = join(folder, 'base.safetensors');
    await writeSmallBase(base);
    const whole = await finetune(base, join(folder, 'whole'));
    assert.is(whole.code, 0, whole.stderr);
    const wanted = whole.startMs > SLOW_START_MS ? FEW_KILLS : KILLS;
    console.log(`${wanted} kills: a start takes ${(whole.startMs / 1000).toFixed(1)} s on this device`);
    const random = new Random(7);
    let kills = 0;
    for (let tries = 0; kills < wanted && tries < 4 * KILLS; tries++) {
      // Few enough that all kills fit into one run; each try makes some progress past the last checkpoint or none.
      const steps = Math.floor(random.next() * 0.8 * (STEPS / wanted));
      const { code } = await finetune(base, join(folder, 'broken'), steps);
      if (code !== null) break;
      kills++;
    }
    assert.is(kills, wanted, `the run ended before it was killed ${wanted} times`);
    const last = await finetune(base, join(folder, 'broken'));
    assert.is(last.code, 0, last.stderr);
    for (const file of FILES) {
      assert.equal(
        await readFile(join(folder, 'broken', file)),
        await readFile(join(folder, 'whole', file)),
        file,
      );
    }
    const rows = (await readFile(join(folder, 'broken', 'metrics.jsonl'), 'utf8')).trim().split('\n');
    assert.is(rows.length, STEPS);
    assert.equal(
      rows.map((row) => JSON.parse(row).step),
      Array.from({ length: STEPS }, (_, i) => i + 1),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
