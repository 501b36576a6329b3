import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPairs } from '../../src/cli/data/data_set.ts';
import { readPair } from '../../src/cli/data/pair.ts';
import { readPicture } from '../../src/cli/images/decode.ts';
import { encodePng } from '../../src/cli/images/png.ts';
import {
  edited,
  gradient,
  sendJson,
  startFakeServer,
  WORKFLOW,
  writeConcepts,
  writeSources,
} from './distill_server.ts';
import { assertRefused, folderHash, type Outcome, run } from './run_program.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-distill-'));
const at = (...names: string[]): string => join(folder, ...names);
const server = await startFakeServer();
await writeSources(at('photos'), 4);
await writeConcepts(at('concepts.json'), ['ink', 'deep-snow']);
await writeFile(at('workflow.json'), JSON.stringify(WORKFLOW));

const given = ['--sources', at('photos'), '--concepts', at('concepts.json'), '--size', '16'];
const fast = ['--retries', '3', '--retry-delay', '0.01', '--timeout', '5'];
const distill = (out: string, ...rest: string[]): Promise<Outcome> =>
  run('distill', at(out), ...given, ...fast, ...rest);
const webui = ['--webui', server.url, '--teacher-size', '16'];

async function succeed(out: string, ...rest: string[]): Promise<Outcome> {
  const outcome = await distill(out, ...rest);
  assert.is(outcome.code, 0, outcome.err);
  return outcome;
}

const bodies = () => server.seen.map(({ body }) => JSON.parse(body.toString()));
const pairs = suite('distill');
pairs.before.each(() => {
  server.seen.length = 0;
  server.fault = undefined;
});

pairs('WebUI protocol: InstructPix2Pix settings, and a folder that the other commands read', async () => {
  const { out } = await succeed('webui', ...webui);
  assert.match(out, /webui: 8 pairs, 8 of them new; some are in .*contact_sheet\.png/);
  const [body] = bodies();
  assert.is(server.seen[0]!.url, '/sdapi/v1/img2img');
  const { prompt, steps, cfg_scale, image_cfg_scale, denoising_strength, sampler_name, width, batch_size } =
    body;
  assert.equal(
    [prompt, steps, cfg_scale, image_cfg_scale, denoising_strength, sampler_name, width, batch_size],
    ['make it ink', 50, 7.5, 1.5, 1, 'Euler a', 16, 1],
  );
  assert.ok(new Set(bodies().map(({ seed }) => seed)).size === 8, 'every pair has a seed of its own');
  const data = await findPairs(at('webui'));
  assert.is(data.layout, 'metadata.jsonl');
  assert.equal([data.pairs.length, data.skips.count], [8, 0]);
  for (const pair of data.pairs) {
    const { input, target } = await readPair(pair);
    assert.is(pair.prompt, `make it ${pair.concept}`);
    assert.equal(target, edited(input, pair.prompt!));
  }
  const [row] = (await readFile(at('webui', 'metadata.jsonl'), 'utf8')).split('\n');
  assert.equal(JSON.parse(row!), {
    input_file_name: 'input/p0.png',
    output_file_name: 'deep-snow/p0.png',
    edit_prompt: 'make it deep-snow',
    concept: 'deep-snow',
  });
  const check = await run('data', 'check', at('webui'));
  assert.is(check.code, 0, check.err);
  assert.match(
    check.out,
    /pairs: 8, of them usable: 8\n {2}deep-snow: 4\n {2}ink: 4\nsizes: 16x16 \(12\)\n$/,
  );
});

pairs('without metadata.jsonl, as after a kill, the folder is read all the same', async () => {
  await succeed('bare', ...webui);
  await rm(at('bare', 'metadata.jsonl'));
  const data = await findPairs(at('bare'));
  assert.equal([data.pairs.length, data.pairs[0]!.prompt], [8, 'make it deep-snow']);
});

pairs('ComfyUI and images edits give the same pairs as the WebUI protocol', async () => {
  await succeed('one', ...webui);
  await succeed('two', '--comfyui', server.url, '--workflow', at('workflow.json'), '--teacher-size', '16');
  const queued = server.seen.filter(({ url }) => url === '/prompt').map(({ body }) => body.toString());
  assert.match(queued[0]!, /"seed":\d+,"note":"16x16 "/);
  await succeed('three', '--openai', `${server.url}/v1`, '--teacher-size', '16', '--model', 'm');
  for (const other of ['two', 'three']) {
    for (const name of ['input', 'ink', 'deep-snow', 'metadata.jsonl', 'contact_sheet.png']) {
      await cp(at('one', name), at('expected', name), { recursive: true });
      await cp(at(other, name), at('found', name), { recursive: true });
    }
    assert.is(await folderHash(at('found')), await folderHash(at('expected')), other);
  }
});

pairs('the same command goes on: whole pairs are not asked for again, broken ones are', async () => {
  await succeed('again', ...webui);
  const before = await folderHash(at('again'));
  server.seen.length = 0;
  assert.match((await succeed('again', ...webui)).out, /8 pairs, 0 of them new/);
  assert.is(server.seen.length, 0);
  const whole = await readFile(at('again', 'ink', 'p1.png'));
  await writeFile(at('again', 'ink', 'p1.png'), whole.subarray(0, whole.length - 20));
  await writeFile(at('again', 'ink', 'p2.png'), encodePng(gradient(12, 16, 1)));
  await rm(at('again', 'deep-snow', 'p3.png'));
  await writeFile(at('again', 'ink', '.p0.png.77.tmp'), 'torn');
  await succeed('again', ...webui);
  assert.is(server.seen.length, 3);
  assert.is(await folderHash(at('again')), before);
});

pairs('more sources and more concepts are added, other settings are refused', async () => {
  await succeed('grown', ...webui, '--limit', '2', '--only', 'ink');
  assert.is(server.seen.length, 2);
  const { out } = await succeed('grown', ...webui);
  assert.match(out, /8 pairs, 6 of them new/);
  const before = await folderHash(at('grown'));
  const refused = (rest: string[], code: number, pattern: RegExp) =>
    distill('grown', ...webui, ...rest).then((outcome) => assertRefused(outcome, code, pattern));
  await refused(['--steps', '9'], 2, /begun with other settings \(teacher\.steps: 50 -> 9\)/);
  await refused(['--seed', '2'], 2, /seed: 1 -> 2/);
  await writeFile(at('other.json'), '{"concepts": [{"name": "ink", "prompt": "other"}]}');
  await refused(['--concepts', at('other.json')], 2, /ink.concept\.json: was begun with another prompt/);
  assert.is(await folderHash(at('grown')), before);
  await writeFile(at('grown', 'mine.txt'), 'mine');
  await succeed('grown', ...webui, '--steps', '9', '--only', 'ink', '--fresh');
  const names = await readdir(at('grown'));
  assert.equal(names.sort(), [
    'config.json',
    'contact_sheet.png',
    'ink',
    'input',
    'metadata.jsonl',
    'mine.txt',
  ]);
});

pairs(
  'a larger answer is scaled down, one of another shape, too small or of one colour is refused',
  async () => {
    const answers = [
      gradient(32, 32, 5),
      gradient(16, 12, 5),
      gradient(8, 8, 5),
      { width: 16, height: 16, rgb: new Uint8Array(768) },
    ];
    server.fault = (answer) => {
      const picture = answers.shift();
      return picture ? sendJson(answer, { images: [encodePng(picture).toString('base64')] }) : false;
    };
    const { code, err } = await distill('sizes', ...webui, '--parallel', '1');
    assert.is(code, 1);
    assert.match(
      err,
      /3 of 8 pairs failed, the first \(deep-snow, input\/p0\.png\): its picture is 16x12; 16x16/,
    );
    const rows = (await readFile(at('sizes', 'failures.jsonl'), 'utf8')).trim().split('\n');
    assert.equal(
      rows.map((row) => /is (8x8|16x12|a single colour)/.exec(JSON.parse(row).reason)?.[1]),
      ['16x12', '8x8', 'a single colour'],
    );
    assert.is((await readPicture(at('sizes', 'ink', 'p0.png'))).width, 16);
    assert.is((await findPairs(at('sizes'))).pairs.length, 5);
    await succeed('sizes', ...webui);
    assert.not.ok((await readdir(at('sizes'))).includes('failures.jsonl'));
  },
);

pairs(
  'sources of any shape are cut and scaled, for the teacher at its own size; odd ones are left out',
  async () => {
    await mkdir(at('mixed', 'train'), { recursive: true });
    await writeFile(at('mixed', 'wide.png'), encodePng(gradient(60, 30, 1)));
    await writeFile(at('mixed', 'train', 'ä %d {out} $(x).png'), encodePng(gradient(50, 64, 2)));
    await writeFile(at('mixed', 'torn.png'), encodePng(gradient(50, 64, 2)).subarray(0, 99));
    const args = ['--sources', at('mixed'), '--size', '24x16', '--teacher-size', '48x32'];
    const { err } = await succeed('mixed-out', ...webui, ...args);
    assert.match(err, /warning: left out: .*torn\.png: cannot use this picture/);
    assert.ok(bodies().every(({ width, height }) => width === 48 && height === 32));
    const { pairs: found } = await findPairs(at('mixed-out'));
    assert.equal(
      found.map(({ split, concept }) => `${split} ${concept}`),
      ['train deep-snow', 'undefined deep-snow', 'train ink', 'undefined ink'],
    );
    for (const pair of found) {
      const { input, target } = await readPair(pair);
      assert.equal([input.width, input.height, target.width, target.height], [24, 16, 24, 16]);
    }
  },
);

pairs('a source that changed since is left out', async () => {
  await cp(at('photos'), at('album'), { recursive: true });
  const args = [...webui, '--sources', at('album')];
  await succeed('changed', ...args, '--only', 'ink');
  await writeFile(at('album', 'p1.png'), encodePng(gradient(16, 16, 9)));
  const { err, out } = await succeed('changed', ...args);
  assert.match(err, /left out: p1\.png: the source is not what .*input.p1\.png was made from/);
  assert.match(out, /7 pairs, 3 of them new/);
});

pairs('the built-in scenes need neither sources nor a server', async () => {
  const { code, err } = await run(
    'distill',
    at('scenes'),
    '--scenes',
    '3',
    '--only',
    'autumn,night',
    '--size',
    '16',
  );
  assert.is(code, 0, err);
  const { pairs: found } = await findPairs(at('scenes'));
  assert.equal([found.length, found[0]!.concept], [6, 'autumn']);
  assert.match(found[0]!.input, /scene_0000000001\.png$/);
});

pairs('--dry-run writes nothing and asks nobody', async () => {
  const before = await folderHash(folder);
  const { out } = await succeed('dry', ...webui, '--dry-run');
  assert.match(
    out,
    /WebUI protocol at http.*\nsources: 4\nconcept ink: make it ink\n[\s\S]*pairs: 8 of 16x16, 0 there, 8 to make/,
  );
  assert.match((await succeed('webui', ...webui, '--dry-run')).out, /8 there, 0 to make/);
  assert.is(server.seen.length, 0);
  assert.is(await folderHash(folder), before);
});

pairs('SIGINT: what is under way is finished, nothing new is begun, exit code 130', async () => {
  server.fault = () => {
    if (server.seen.length === 2) process.emit('SIGINT', 'SIGINT');
    return false;
  };
  const { code, err, out } = await distill('stopped', ...webui, '--parallel', '2');
  assert.is(code, 130, err);
  assert.match(err, /SIGINT: finishing what is under way/);
  assert.ok(server.seen.length <= 3);
  assert.match(out, new RegExp(`: ${server.seen.length} pairs`));
  assert.not.ok((await readdir(at('stopped'))).includes('lock.json'));
});

pairs('keys come from the environment or the address, and are told to nobody else', async () => {
  const secret = 'sk-very-secret';
  process.env.E2GAN_TEST_KEY = secret;
  server.fault = (answer, { headers }) =>
    sendJson(answer, { error: { message: `bad ${headers.authorization}` } }, 401);
  const bearer = await distill('keys', '--openai', server.url, '--key-env', 'E2GAN_TEST_KEY');
  assert.is(server.seen[0]!.headers.authorization, `Bearer ${secret}`);
  assert.is(bearer.code, 1);
  assert.match(bearer.err, /ended early: .*status 401: bad Bearer \*\*\* \(name the variable.*--key-env\)/);
  const address = server.url.replace('//', '//me:pass%40word@');
  const basic = await distill('keys2', '--webui', address);
  const encoded = Buffer.from('me:pass@word').toString('base64');
  assert.is(server.seen.at(-1)!.headers.authorization, `Basic ${encoded}`);
  for (const out of ['keys', 'keys2']) {
    for (const name of ['config.json', 'failures.jsonl']) {
      const text = await readFile(at(out, name), 'utf8');
      assert.not.ok(
        [secret, encoded, 'pass@word', 'pass%40word'].some((part) => text.includes(part)),
        text,
      );
    }
  }
  assert.not.ok(
    [secret, encoded, 'pass@word', 'pass%40word'].some((part) => (bearer.err + basic.err).includes(part)),
  );
  delete process.env.E2GAN_TEST_KEY;
});

pairs.after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
pairs.run();
