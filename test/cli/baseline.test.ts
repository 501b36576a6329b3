import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readPicture } from '../../src/cli/images/decode.ts';
import { assertRefused, run } from './run_program.ts';
import { writeNoise, writeSmallAdapter } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-baseline-'));
test.after(() => rm(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const SCENES = ['--scenes', 'autumn', '--scene-count', '4', '--held-out', '2', '--size', '32'];
const SHORT = ['--steps', '6', '--save-every', '4', '--preview-every', '6'];

const train = (out: string, network: string, ...rest: string[]) =>
  run('baseline', at(out), '--network', network, '--width', '4', ...SCENES, ...SHORT, ...rest);

/** Rows of a run's metrics. */
async function metrics(out: string): Promise<Record<string, number>[]> {
  return (await readFile(at(out, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
}

for (const network of ['resnet9', 'unet', 'comodgan'])
  test(`${network}: a run that lost its end goes on to the same bytes, and its network edits pictures`, async () => {
    const { code, out, err } = await train(network, network);
    assert.is(code, 0, err);
    assert.match(out, /weights, all trained/);
    assert.match(out, /untouched.*\n.*trained/);
    const file = at(network, 'base.safetensors');
    const bytes = await readFile(file);
    const rows = await metrics(network);
    assert.is(rows.length, 6);
    await rm(file);
    const checkpoints = (await readdir(at(network, 'checkpoints'))).sort();
    await rm(at(network, 'checkpoints', checkpoints.at(-1)!), { recursive: true });
    assert.is((await train(network, network)).code, 0);
    assert.equal(await readFile(file), bytes);
    assert.equal(await metrics(network), rows);

    await writeNoise(at('in.png'), 32, 32);
    const edited = await run('apply', at('in.png'), at(`${network}.png`), '--base', file);
    assert.is(edited.code, 0, edited.err);
    const { width, height } = await readPicture(at(`${network}.png`));
    assert.equal([width, height], [32, 32]);
  });

test('Co-Mod-GAN has its own recipe, and edits pictures of its own size alone', async () => {
  const config = JSON.parse(await readFile(at('comodgan', 'config.json'), 'utf8'));
  assert.equal([config.lr, config.gan], [0.002, 'vanilla']);
  assert.equal(
    (await metrics('comodgan')).map((row) => 'r1' in row),
    [true, false, false, false, false, false],
  );
  await writeNoise(at('wide.png'), 40, 32);
  const base = ['--base', at('comodgan', 'base.safetensors')];
  assertRefused(
    await run('apply', at('wide.png'), at('wide-edited.png'), ...base),
    1,
    /wide\.png: 40x32 pixels: .*base\.safetensors takes squares of 32 pixels alone/,
  );
  await writeSmallAdapter(at('adapter'), 'any');
  assertRefused(
    await run('apply', at('in.png'), at('adapted.png'), ...base, '--adapter', at('adapter')),
    2,
    /adapters change E2GAN's generator, and .*base\.safetensors is a comodgan; leave --adapter out/,
  );
});

test('wrong usage is told before anything is made', async () => {
  const cases: [string[], RegExp][] = [
    [['--network', 'comodgan', '--size', '40'], /--network comodgan: pictures of 40 pixels, .* power of two/],
    [['--network', 'comodgan', '--width', '6', '--size', '32'], /a width of 6, it takes multiples of 4/],
    [
      ['--network', 'comodgan', '--gan', 'lsgan', '--size', '32'],
      /--gan lsgan: comodgan has the logistic loss/,
    ],
    [['--network', 'comodgan', '--size', '32', '--load-size', '64'], /--load-size 64: comodgan/],
    [['--network', 'unet', '--size', '40'], /--size 40: a U-Net takes multiples of 16/],
    [['--network', 'unet', '--size', '64', '--load-size', '96'], /--load-size 96: .* multiples of 64/],
    [['--network', 'resnet9', '--data', 'x'], /give either --data FOLDER or --scenes CONCEPT/],
    [['--network', 'dcgan'], /dcgan/],
    [[], /--network/],
  ];
  for (const [args, pattern] of cases)
    assertRefused(await run('baseline', at('none'), '--scenes', 'autumn', ...args), 2, pattern);
  assert.not.ok((await readdir(folder)).includes('none'));
});

test.run();
