import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fillArguments, splitCommand } from '../../src/cli/distill/argument_vector.ts';
import { chosenConcepts, readConcepts } from '../../src/cli/distill/concepts.ts';
import { pairSeed } from '../../src/cli/distill/job.ts';
import { Interrupted, Retries, retryAfterMs } from '../../src/cli/distill/retry.ts';
import { fromBase64 } from '../../src/cli/distill/server.ts';
import { isExposed, serverAddress } from '../../src/cli/distill/server_address.ts';
import { networkError } from '../../src/cli/distill/server_errors.ts';
import { folderSources } from '../../src/cli/distill/sources.ts';
import { TeacherError } from '../../src/cli/distill/teacher.ts';
import { readWorkflow } from '../../src/cli/distill/workflow.ts';
import { UserError } from '../../src/cli/errors.ts';
import { WORKFLOW } from './distill_server.ts';
import { rejectsWith, sharedFolder, withFolder } from './scratch.ts';

const split = (command: string) => splitCommand(`p {in} {out} ${command}`, '--exec').slice(3);

test('commands: quotes and escapes, everything else is ordinary', () => {
  const cases: [string, string[]][] = [
    ['a  b\tc', ['a', 'b', 'c']],
    [
      '( +clone -fill #ff7a2a ) $HOME *.png | ; > &',
      ['(', '+clone', '-fill', '#ff7a2a', ')', '$HOME', '*.png', '|', ';', '>', '&'],
    ],
    [`'a b' "c d" e'f g'h`, ['a b', 'c d', 'ef gh']],
    [`"it's" 'say "x"' "say \\"x\\"" ''`, ["it's", 'say "x"', 'say "x"', '']],
    ['\\( a\\ b \\" C:\\dir\\file "C:\\dir"', ['(', 'a b', '"', 'C:\\dir\\file', 'C:\\dir']],
    ['\'a\\b\' "x\\\\y"', ['a\\b', 'x\\y']],
  ];
  for (const [command, words] of cases) assert.equal(split(command), words, command);
});

test('commands: open quotes, empty ones and those without {in} and {out} are refused', () => {
  const refused: [string, RegExp][] = [
    [`p {in} {out} 'x`, /^--exec: the quote at character 14 is never closed/],
    ['p {in} {out} "x\\"', /never closed/],
    ['  ', /a program with \{in\} and \{out\}/],
    ['p {in}', /a program with \{in\} and \{out\}/],
    ['{in} {out}', /a program with/],
  ];
  for (const [command, pattern] of refused) {
    assert.throws(
      () => splitCommand(command, '--exec'),
      (error: Error) => error instanceof UserError && pattern.test(error.message),
    );
  }
});

test('placeholders: a value stays one argument and is not looked at again', () => {
  const values = {
    in: 'i.png',
    out: 'o.png',
    prompt: 'a {out} "b"',
    negative: '',
    concept: 'c',
    seed: '7',
    width: '4',
    height: '8',
  };
  assert.equal(
    fillArguments(['{in}', '--p={prompt}', '{negative}', '{width}x{height}', '{other}', '{seed'], values),
    ['i.png', '--p=a {out} "b"', '', '4x8', '{other}', '{seed'],
  );
});

test('Retry-After in seconds and as dates', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const cases: [string | undefined, number | undefined][] = [
    ['0', 0],
    [' 120 ', 120_000],
    ['Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
    ['Wednesday, 25-Nov-26 12:01:00 GMT', 60_000],
    ['Wed, 25 Nov 2020 12:00:30 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['soon', undefined],
    ['NaN', undefined],
  ];
  for (const [header, ms] of cases) assert.is(retryAfterMs(header, now), ms, header);
});

test('waits double, with the jitter of the seed; a stop ends them', async () => {
  const waits = async (seed: number) => {
    const times: number[] = [];
    const retries = new Retries({ retries: 3, delayMs: 40, seed, signal: new AbortController().signal });
    const result = await retries.run(async () => {
      times.push(performance.now());
      throw new TeacherError('retry', 'busy');
    });
    assert.equal(['attempts' in result && result.attempts, times.length], [4, 4]);
    return times.slice(1).map((time, i) => time - times[i]!);
  };
  for (const [i, wait] of (await waits(1)).entries())
    assert.ok(wait >= 20 * 2 ** i - 2, `wait ${i}: ${wait} ms`);
  const stop = new AbortController();
  const retries = new Retries({ retries: 3, delayMs: 60_000, seed: 1, signal: stop.signal });
  const work = retries.run(async () => {
    setTimeout(() => stop.abort(), 10);
    throw new TeacherError('retry', 'busy');
  });
  assert.instance(await work.catch((error) => error), Interrupted);
});

test('base64: with a data URL and blanks; nothing else passes', () => {
  for (const text of ['SGVsbG8=', 'data:image/png;base64,SGVsbG8=', 'SGVs\nbG8', ' SGVsbG8= '])
    assert.is(fromBase64(text).toString(), 'Hello', text);
  for (const text of ['', '====', 'SGV$bG8=', '<html>', 'NaN!', 'SGVsbG8=SGVsbG8=', 'S'])
    assert.throws(() => fromBase64(text), /its picture is/, text);
});

test('addresses: credentials are taken out and never shown', () => {
  const { url, shown, authorization } = serverAddress('http://me:a%3Ab@host:7860/sd//', '--webui', undefined);
  assert.equal([url.href, shown], ['http://host:7860/sd/', 'http://host:7860/sd']);
  assert.is(authorization, `Basic ${Buffer.from('me:a:b').toString('base64')}`);
  assert.is(serverAddress('https://host', '--openai', 'sk-1').authorization, 'Bearer sk-1');
  const { secrets } = serverAddress('http://me:a%2Fb@host', '--webui', undefined);
  assert.equal(secrets, ['me%3Aa%2Fb', 'bWU6YS9i', 'me:a/b', 'a%2Fb', 'a/b']);
  const exposed = (text: string) => isExposed(serverAddress(text, '--openai', 'k'));
  assert.equal(
    [
      'http://host',
      'https://host',
      'http://127.0.0.1:80',
      'http://[::1]',
      'http://127.0.0.1.evil.example',
    ].map(exposed),
    [true, false, false, false, true],
  );
  const refused: [string, RegExp][] = [
    ['host:7860', /host: is not spoken/],
    ['ftp://me:secret@host', /--webui: ftp: is not spoken/],
    ['nonsense', /an address such as/],
    ['http://me:secret@host/?a', /leave out \?/],
    ['http://me:secret%@host/', /not percent-encoded/],
  ];
  for (const [text, pattern] of refused) {
    const check = (error: Error) => pattern.test(error.message) && !error.message.includes('secret');
    assert.throws(() => serverAddress(text, '--webui', undefined), check, text);
  }
});

test('a certificate that is not trusted ends the job, a closed connection does not', () => {
  const failed = (code: string) =>
    networkError('https://host', Object.assign(new Error('text\nmore'), { code }));
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'EPROTO',
  ]) {
    const { verdict, message } = failed(code);
    assert.equal([verdict, message], ['end', 'https://host: no secure connection: text\\nmore']);
  }
  assert.equal(
    ['ECONNRESET', 'ENOTFOUND', 'HPE_INVALID_CONSTANT', 'EWHAT'].map((code) =>
      failed(code).message.slice(14),
    ),
    [
      'the connection was closed in mid-answer',
      'there is no such host',
      'it does not speak HTTP properly',
      'text\\nmore',
    ],
  );
});

test('concepts: names become folders, so they are words; each once', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'c.json');
    const read = async (concepts: unknown) => {
      await writeFile(path, typeof concepts === 'string' ? concepts : JSON.stringify({ concepts }));
      return readConcepts(path);
    };
    const found = await read([{ name: 'öl', prompt: 'oil', negative: 'n', exec: 'x', more: 1 }]);
    assert.equal(found, [{ name: 'öl', prompt: 'oil', negative: 'n', exec: 'x' }]);
    for (const name of [
      'input',
      '..',
      'a/b',
      'a\\b',
      '',
      '-a',
      '.a',
      'CON',
      'a b',
      'a\n',
      'config.json',
      'x'.repeat(200),
    ])
      await rejectsWith(() => read([{ name, prompt: 'p' }]), /c\.json: no list of concepts: .*one word/);
    await rejectsWith(
      () =>
        read([
          { name: 'a', prompt: 'p' },
          { name: 'A', prompt: 'p' },
        ]),
      /names the concept A twice/,
    );
    await rejectsWith(() => read([{ name: 'a', prompt: '' }]), /prompt/);
    await rejectsWith(() => read([]), /c\.json: no list of concepts/);
    await rejectsWith(() => read('{"concepts": NaN}'), /c\.json: no list of concepts/);
    await rejectsWith(() => readConcepts(join(folder, 'absent.json')), /absent\.json: cannot read it/);
    const error = await rejectsWith(
      async () => chosenConcepts(found, 'oel'),
      /--only: there is no concept oel/,
    );
    assert.is(error.exitCode, 2);
  });
});

test('workflows: the editor format and missing placeholders are told', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'w.json');
    const read = async (text: string) => {
      await writeFile(path, text);
      return readWorkflow(path);
    };
    await rejectsWith(
      () => read('{"nodes": [], "links": [], "note": "%input% %prompt%"}'),
      /ComfyUI's editor format; export it/,
    );
    await rejectsWith(() => read('[1]'), /no workflow in API format/);
    await rejectsWith(() => read('{"1": NaN}'), /w\.json: no JSON/);
    const without = (name: string) => JSON.stringify(WORKFLOW).replaceAll(`%${name}%`, 'x');
    await rejectsWith(() => read(without('input')), /has no %input%/);
    await rejectsWith(() => read(without('prompt')), /has no %prompt%/);
    const workflow = await read(JSON.stringify(WORKFLOW));
    const values = { input: 'i', prompt: '"%seed%" \\', negative: 'n', seed: 7, width: 4, height: 8 };
    const filled = workflow.fill(values) as typeof WORKFLOW;
    assert.equal(filled[2].inputs, { text: '"%seed%" \\', clip: ['4', 1] });
    assert.equal(filled[3].inputs, { seed: 7, note: '4x8 n' } as unknown);
  });
});

test('sources: names that would collide keep their extension', async () => {
  await withFolder(async (folder) => {
    for (const name of ['a.jpg', 'a.png', 'b.jpg', 'B.PNG', 'c.webp'])
      await writeFile(join(folder, name), '');
    const { sources } = await folderSources(folder);
    assert.equal(sources.map(({ name }) => name).sort(), [
      'B.PNG.png',
      'a.jpg.png',
      'a.png.png',
      'b.jpg.png',
      'c.png',
    ]);
    await writeFile(join(folder, 'a.jpg.webp'), '');
    await rejectsWith(() => folderSources(folder), /would both become a\.jpg\.png/);
  });
});

test('seeds depend on the names alone, and fit 31 bits', () => {
  const seeds = Array.from({ length: 1000 }, (_, i) => pairSeed(1, 'ink', `p${i}.png`));
  assert.ok(new Set(seeds).size > 998 && seeds.every((seed) => seed >= 0 && seed < 2 ** 31));
  assert.is(pairSeed(1, 'ink', 'p0.png'), seeds[0]);
  assert.not.equal(pairSeed(2, 'ink', 'p0.png'), seeds[0]);
  assert.not.equal(pairSeed(1, 'snow', 'p0.png'), seeds[0]);
});

const reference = sharedFolder('data/concepts.json');
(reference ? test : test.skip)(
  'the reference concepts: every command is split, parentheses are arguments',
  async () => {
    const concepts = await readConcepts(reference!);
    assert.is(concepts.length, 20);
    for (const { name, exec } of concepts) assert.ok(splitCommand(exec!, name).length >= 4);
    const dusk = splitCommand(concepts.find(({ name }) => name === 'dusk')!.exec!, 'dusk');
    assert.is(dusk.filter((word) => word === '(' || word === ')').length, 4);
    assert.ok((await readFile(reference!)).length > 0);
  },
);

test.run();
