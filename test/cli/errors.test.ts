import { execFileSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeControl, fileError, reportError, UserError, usageError } from '../../src/cli/errors.ts';
import { type FileCalls, formatBytes, refuseExisting, writeAtomic } from '../../src/cli/files.ts';
import { rejectsWith, withFolder } from './scratch.ts';

function printed(error: unknown, debug = false): [code: number, text: string] {
  let text = '';
  const code = reportError(error, { debug, write: (part) => (text += part) });
  return [code, text];
}

test('an error is one line and a code; the stack only with --debug', () => {
  assert.equal(printed(new UserError('a.png: bad')), [1, 'e2gan: a.png: bad\n']);
  assert.equal(printed(usageError('--steps: bad')), [2, 'e2gan: --steps: bad\n']);
  const [code, text] = printed(new TypeError('oops'));
  assert.is(code, 1);
  assert.match(text, /^e2gan: oops \(unexpected; run again with --debug for the stack\)\n$/);
  assert.match(printed(new TypeError('oops'), true)[1], /TypeError: oops\n {4}at /);
  assert.equal(printed('text'), [1, 'e2gan: text (unexpected; run again with --debug for the stack)\n']);
});

test('control, line and direction characters in names are spelled out, other scripts stay', () => {
  assert.is(escapeControl('a\u001b[31m\n\t\u0007\u009b'), 'a\\x1b[31m\\n\\t\\x07\\x9b');
  assert.is(escapeControl('\u202egnp.exe \u2028'), '\\u{202e}gnp.exe \\u{2028}');
  assert.is(escapeControl('日本 🦊 é'), '日本 🦊 é');
  assert.is(printed(new UserError('x\ny'))[1], 'e2gan: x\\ny\n');
});

test('system codes become words', () => {
  const error = (code: string) => Object.assign(new Error('raw'), { code });
  assert.is(fileError('a', 'read it', error('ENOENT')).message, 'a: cannot read it: no such file or folder');
  assert.is(fileError('a', 'write it', error('ENOSPC')).message, 'a: cannot write it: the disk is full');
  assert.is(fileError('a', 'write it', error('EWHAT')).message, 'a: cannot write it: raw');
});

test('sizes for people', () => {
  assert.equal([0, 1023, 1024, 1536 * 1024].map(formatBytes), [
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '1.5 MiB',
  ]);
});

test('existing output is refused without force', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'out.png');
    await refuseExisting(path, false);
    await files.writeFile(path, 'x');
    const error = await rejectsWith(() => refuseExisting(path, false), /exists already; .*--force/);
    assert.is(error.exitCode, 2);
    await refuseExisting(path, true);
  });
});

/** File calls of which the `nth` fails, and how many were made. */
function failing(nth: number): { calls: FileCalls; made: () => number } {
  let made = 0;
  const gate = () => {
    if (++made === nth) throw Object.assign(new Error('injected'), { code: 'ENOSPC' });
  };
  const open: typeof files.open = async (...args) => {
    gate();
    const file = await files.open(...args);
    for (const name of ['write', 'sync', 'close'] as const) {
      const real = file[name].bind(file) as (...values: unknown[]) => Promise<unknown>;
      const failingCall = async (...values: unknown[]) => {
        if (name === 'close') await real();
        gate();
        return name === 'close' ? undefined : real(...values);
      };
      Object.assign(file, { [name]: failingCall });
    }
    return file;
  };
  const rename: typeof files.rename = async (...args) => {
    gate();
    return files.rename(...args);
  };
  return { calls: { open, rename, rm: files.rm }, made: () => made };
}

test('whichever call of an atomic write fails, the file is the old or the new one and nothing is left over', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'state.bin');
    const whole = failing(0);
    await writeAtomic(path, 'old', whole.calls);
    assert.ok(whole.made() >= 7);
    for (let nth = 1; nth <= whole.made(); nth++) {
      await rejectsWith(
        () => writeAtomic(path, 'new', failing(nth).calls),
        /state\.bin: cannot write it: the disk is full/,
      );
      const content = await files.readFile(path, 'utf8');
      assert.ok(content === 'old' || content === 'new');
      assert.equal(await files.readdir(folder), ['state.bin']);
      await writeAtomic(path, 'old');
    }
  });
});

test('writing over a folder, into a missing one or onto a full disk fails in one line', async () => {
  await withFolder(async (folder) => {
    await files.mkdir(join(folder, 'taken'));
    await rejectsWith(() => writeAtomic(join(folder, 'taken'), 'x'), /taken: cannot write it: is a folder/);
    await rejectsWith(() => writeAtomic(join(folder, 'no', 'x'), 'x'), /no such file or folder/);
    assert.ok(lstatSync(join(folder, 'taken')).isDirectory());
  });
});

test('a reader that goes away ends the process quietly', async () => {
  if (process.platform === 'win32') return;
  await withFolder(async (folder) => {
    const script = join(folder, 'many.mjs');
    const { build } = await import('esbuild');
    await build({
      stdin: {
        contents: `import { leaveOnBrokenPipe } from './src/cli/errors.ts';
          leaveOnBrokenPipe(process.stdout); setInterval(() => console.log('x'.repeat(10000)), 1);`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
    });
    const shell = `"${process.execPath}" "${script}" 2>"${folder}/err" | head -n 1 >/dev/null; cat "${folder}/err"`;
    assert.is(execFileSync('sh', ['-c', shell], { encoding: 'utf8', timeout: 20_000 }), '');
  });
});

test.run();
