import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCheckpoint, saveCheckpoint } from '../../src/cli/run/checkpoints.ts';
import { configDifferences } from '../../src/cli/run/config.ts';
import { lockFolder } from '../../src/cli/run/lock.ts';
import { openMetricsLog, readMetrics } from '../../src/cli/run/metrics_log.ts';
import { openRunFolder, savePreview } from '../../src/cli/run_folder.ts';
import { ForeignCheckpointError } from '../../src/train/checkpoint.ts';
import { rejectsWith, withFolder } from './scratch.ts';

test('a run folder is made, resumed with the same settings, refused with others', async () => {
  await withFolder(async (root) => {
    const path = join(root, 'runs', 'night');
    const config = { lr: 0.1, steps: 10, net: { width: 16, blocks: [1, 2] } };
    const first = await openRunFolder(path, config);
    assert.is(first.resumed, false);
    assert.equal(JSON.parse(await readFile(first.file('config.json'), 'utf8')), config);
    await first.release();
    const again = await openRunFolder(path, { ...config, steps: 20 }, { mayChange: ['steps'] });
    assert.is(again.resumed, true);
    await savePreview(again, 5, { width: 1, height: 1, rgb: new Uint8Array(3) });
    await again.release();
    const other = { ...config, steps: 20, net: { width: 32, blocks: [1, 2] } };
    const error = await rejectsWith(() => openRunFolder(path, other), /net\.width: 16 -> 32/);
    assert.is(error.exitCode, 2);
    await writeFile(join(path, 'my_notes.txt'), 'mine');
    const fresh = await openRunFolder(path, other, { fresh: true });
    assert.is(fresh.resumed, false);
    await fresh.release();
    assert.equal((await readdir(path)).sort(), ['config.json', 'my_notes.txt']);
  });
});

test('a foreign or damaged folder is refused and stays as it is', async () => {
  await withFolder(async (path) => {
    await writeFile(join(path, 'photo.jpg'), 'x');
    await rejectsWith(() => openRunFolder(path, {}, { fresh: true }), /not empty and no run folder/);
    assert.equal(await readdir(path), ['photo.jpg']);
    await writeFile(join(path, 'config.json'), '{"lr": ');
    await rejectsWith(() => openRunFolder(path, {}), /config\.json: damaged .*--fresh/);
    assert.equal((await readdir(path)).sort(), ['config.json', 'photo.jpg']);
    await rejectsWith(() => openRunFolder(join(path, 'photo.jpg'), {}), /cannot create the folder/);
  });
});

test('differences are named by dotted path', () => {
  assert.equal(
    configDifferences({ a: 1, b: { c: [1], d: 'x' }, e: 0 }, { a: 2, b: { c: [1, 2], d: 'x' }, f: null }, [
      'a',
    ]),
    ['b.c: [1] -> [1,2]', 'e: 0 -> not set', 'f: not set -> null'],
  );
});

test('a second process is refused while the first lives, and takes over when it is dead', async () => {
  await withFolder(async (path) => {
    const lock = await lockFolder(path);
    await rejectsWith(() => lockFolder(path), new RegExp(`in use by process ${process.pid} since`));
    await lock.release();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const owner = { pid: child.pid!, host: hostname(), birth: '', since: 'noon' };
    await writeFile(join(path, 'lock.json'), JSON.stringify(owner));
    await rejectsWith(() => lockFolder(path), new RegExp(`process ${child.pid}`));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const heir = await lockFolder(path);
    await rejectsWith(() => lockFolder(path), /in use/);
    await heir.release();
    assert.equal(await readdir(path), []);
  });
});

test('heirs that died half way are followed', async () => {
  await withFolder(async (path) => {
    const dead = async (name: string) => {
      const child = spawn(process.execPath, ['-e', '']);
      await new Promise((resolve) => child.once('exit', resolve));
      const text = JSON.stringify({ pid: child.pid!, host: hostname(), birth: '', since: name });
      await writeFile(join(path, name), text);
      return createHash('sha256').update(text).digest('hex').slice(0, 16);
    };
    const first = await dead('lock.json');
    await dead(`lock.json.after-${await dead(`lock.json.after-${first}`)}`);
    const heir = await lockFolder(path);
    await rejectsWith(() => lockFolder(path), /in use by process/);
    assert.equal(await readdir(path), ['lock.json']);
    await writeFile(join(path, '.lock.json.3.4194305.tmp'), 'of a process that was killed');
    await heir.release();
    assert.equal(await readdir(path), []);
  });
});

test('a lock of an earlier process with the same id is taken over, one of another machine is not', async () => {
  await withFolder(async (path) => {
    const write = (owner: object) => writeFile(join(path, 'lock.json'), JSON.stringify(owner));
    const owner = { pid: process.pid, host: hostname(), birth: 'another boot 1', since: 'noon' };
    await write({ ...owner, host: 'elsewhere' });
    await rejectsWith(() => lockFolder(path), /on elsewhere since noon; if it has ended, remove this file/);
    await writeFile(join(path, 'lock.json'), '{"pid":');
    await rejectsWith(() => lockFolder(path), /the lock is damaged/);
    if (process.platform !== 'linux') return;
    await write(owner);
    await (await lockFolder(path)).release();
  });
});

test('of many heirs of a dead lock one wins', async () => {
  await withFolder(async (path) => {
    const dead = { pid: 2 ** 22 + 1, host: hostname(), birth: '', since: 'noon' };
    await writeFile(join(path, 'lock.json'), JSON.stringify(dead));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(path)));
    assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(await readdir(path), ['lock.json']);
  });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (data: Uint8Array) => {
  const text = new TextDecoder().decode(data);
  if (!text.endsWith('.')) throw new Error('checksum is wrong');
  return text;
};

test('the last two checkpoints are kept, leftovers are removed', async () => {
  await withFolder(async (run) => {
    await mkdir(join(run, 'checkpoints'));
    await writeFile(join(run, 'checkpoints', '.step_000000001.safetensors.77.tmp'), 'torn');
    for (const step of [1, 9, 10]) await saveCheckpoint(run, step, bytes(`state ${step}.`));
    assert.equal((await readdir(join(run, 'checkpoints'))).sort(), [
      'step_000000009.safetensors',
      'step_000000010.safetensors',
    ]);
    assert.equal(await loadCheckpoint(run, read, assert.unreachable), { step: 10, value: 'state 10.' });
  });
});

test('a broken checkpoint is passed over with a message, and later saves do not return to it', async () => {
  await withFolder(async (run) => {
    assert.is(await loadCheckpoint(run, read, assert.unreachable), undefined);
    await saveCheckpoint(run, 100, bytes('a.'));
    await saveCheckpoint(run, 200, bytes('b'));
    const warnings: string[] = [];
    const warn = (line: string) => warnings.push(line);
    assert.equal(await loadCheckpoint(run, read, warn), { step: 100, value: 'a.' });
    assert.match(warnings[0]!, /step_000000200\.safetensors: broken checkpoint \(checksum is wrong\)/);
    await saveCheckpoint(run, 150, bytes('c.'));
    assert.equal((await loadCheckpoint(run, read, assert.unreachable))?.step, 150);
    assert.is((await readdir(join(run, 'checkpoints'))).length, 2);
    await saveCheckpoint(run, 150, bytes('c'));
    await saveCheckpoint(run, 151, bytes('d'));
    await rejectsWith(() => loadCheckpoint(run, read, warn), /all checkpoints are broken; .*--fresh/);
  });
});

test('a checkpoint of a newer program or of other networks ends the search: an older one is no way out', async () => {
  await withFolder(async (run) => {
    for (const step of [1, 2]) await saveCheckpoint(run, step, bytes('a.'));
    const foreign = (_: Uint8Array, path: string): never => {
      if (path.includes('2.')) throw new ForeignCheckpointError('checkpoint version 2, but ...: update it');
      throw new Error('an older one was tried');
    };
    await rejectsWith(
      () => loadCheckpoint(run, foreign, assert.unreachable),
      /step_000000002\.safetensors: checkpoint version 2, .*update it/,
    );
  });
});

test('what a killed process was writing is removed by the next one', async () => {
  await withFolder(async (path) => {
    await (await openRunFolder(path, {})).release();
    await writeFile(join(path, '.config.json.12345.tmp'), '{');
    await (await openRunFolder(path, {})).release();
    assert.equal(await readdir(path), ['config.json']);
  });
});

test('metrics are appended, cut back to the resumed step, and survive a torn line', async () => {
  await withFolder(async (run) => {
    const path = join(run, 'metrics.jsonl');
    const log = await openMetricsLog(path, 0);
    for (const step of [1, 2, 3]) await log.append({ step, 'loss/G': step / 2 });
    await log.append({ step: 4, 'loss/G': Number.NaN });
    await log.close();
    await writeFile(path, '{"step": 5, "lo', { flag: 'a' });
    assert.equal((await readMetrics(path)).at(-1), { step: 4, 'loss/G': null });
    const resumed = await openMetricsLog(path, 2);
    await resumed.append({ step: 3, 'loss/G': 9 });
    await resumed.close();
    assert.equal(await readMetrics(path), [
      { step: 1, 'loss/G': 0.5 },
      { step: 2, 'loss/G': 1 },
      { step: 3, 'loss/G': 9 },
    ]);
    await (await openMetricsLog(path, 0)).close();
    assert.equal(await readMetrics(path), []);
  });
});

test.run();
