import { Command, Option } from 'commander';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decimal, integer, runCommand, seed, size, text } from '../../src/cli/options.ts';
import { rejectsWith } from './scratch.ts';

/** Runs a small command line and returns the options its action got. */
async function parse(...args: string[]): Promise<Record<string, unknown>> {
  let got: Record<string, unknown> = {};
  const program = new Command('e2gan').configureOutput({ writeOut: () => {}, writeErr: () => {} });
  program
    .command('train')
    .argument('<folder>', 'pairs', text)
    .option('--steps <n>', 'steps', integer({ min: 1, max: 1_000_000 }))
    .option('--lr <x>', 'rate', decimal({ min: 1e-9, max: 1 }))
    .option('--seed <n>', 'seed', seed)
    .option('--size <s>', 'size', size(4, { min: 16, max: 2048 }))
    .addOption(new Option('--fresh', 'anew').conflicts('resume'))
    .option('--resume', 'go on')
    .addOption(new Option('--device <name>', 'device').choices(['gpu', 'cpu']))
    .action((folder: string, options: Record<string, unknown>) => {
      got = { folder, ...options };
    });
  await runCommand(program, ['node', 'e2gan', ...args]);
  return got;
}

test('good values', async () => {
  assert.equal(
    await parse('train', 'x', '--steps', '12', '--lr=2e-4', '--seed', '4294967295', '--size', '256'),
    {
      folder: 'x',
      steps: 12,
      lr: 2e-4,
      seed: 4294967295,
      size: { width: 256, height: 256 },
    },
  );
  assert.equal((await parse('train', 'x', '--size=320x240', '--lr', '.5')).size, { width: 320, height: 240 });
});

const refused: readonly (readonly [string[], RegExp])[] = [
  [['--steps', '1e9'], /--steps <n>' argument '1e9' is invalid\. a whole number in decimal digits is needed/],
  [['--steps', '0x10'], /whole number/],
  [['--steps', '١٢'], /whole number/],
  [['--steps', '-5'], /-5 is not from 1 to 1000000/],
  [['--steps', '1.0'], /whole number/],
  [['--steps='], /whole number/],
  [['--steps', ' 5'], /whole number/],
  [['--steps', '99999999999999999999'], /is not from/],
  [['--steps'], /argument missing/],
  [['--lr', 'NaN'], /decimal number/],
  [['--lr', 'Infinity'], /decimal number/],
  [['--lr', '1e999'], /1e999 is not from/],
  [['--lr', '-1'], /-1 is not from/],
  [['--lr', '0'], /0 is not from/],
  [['--lr', '1,5'], /decimal number/],
  [['--seed', '4294967296'], /is not from 0 to 4294967295/],
  [['--seed', '-1'], /is not from/],
  [['--size', '250'], /250 is not a multiple of 4/],
  [['--size', '0'], /0 is not from 16/],
  [['--size', '256x'], /a size such as/],
  [['--stesp', '5'], /unknown option '--stesp' \(Did you mean --steps\?\)/],
  [['--fresh', '--resume'], /'--fresh' cannot be used with option '--resume'/],
  [['--device', 'tpu'], /Allowed choices are gpu, cpu/],
  [['extra'], /too many arguments/],
];
for (const [args, pattern] of refused) {
  test(`refused: ${args.join(' ')}`, async () => {
    const error = await rejectsWith(() => parse('train', 'x', ...args), pattern);
    assert.is(error.exitCode, 2);
    assert.not.match(error.message, /\n|^error/);
  });
}

test('unknown and missing commands, missing and bad arguments', async () => {
  await rejectsWith(() => parse('tarin'), /unknown command 'tarin' \(Did you mean train\?\)/);
  await rejectsWith(() => parse(), /a command is needed/);
  await rejectsWith(() => parse('train'), /missing required argument 'folder'/);
  await rejectsWith(() => parse('train', ''), /a value is needed/);
  await rejectsWith(() => parse('train', 'a\0b'), /NUL/);
});

test('help ends well', async () => {
  assert.equal(await parse('--help'), {});
  assert.equal(await parse('train', '--help'), {});
});

test.run();
