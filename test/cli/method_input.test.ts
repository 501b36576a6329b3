import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertRefused, folderHash, run } from './run_program.ts';
import { writeSmallBase } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-method-'));
const at = (...names: string[]): string => join(folder, ...names);
await writeSmallBase(folder);
await writeFile(at('ranks.json'), '{"ranks": {"up1": 0}}');
await writeFile(at('unknown.json'), '{"ranks": {"up9": 4}}');

const scenes = ['--scenes', 'autumn', '--base', at('base.safetensors')];
const study = ['study', at('out'), '--scenes', 'autumn'];

const refusals: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
  [['analyze', at('out'), '--base', at('base.safetensors')], 2, /give either --data FOLDER or --scenes/],
  [['analyze', at('out'), ...scenes, '--scenes', 'spring'], 2, /--scenes: there is no concept spring/],
  [
    ['analyze', at('out'), ...scenes, '--held-out', '10'],
    2,
    /--measure fid: needs 64 held-out pairs.*there are 10/,
  ],
  [['analyze', at('out'), ...scenes, '--tolerance', '-1'], 2, /--tolerance/],
  [['analyze', at('out'), ...scenes, '--measure', 'taste'], 2, /--measure.*Allowed choices are fid, kid, l1/],
  [
    ['search-rank', at('out'), ...scenes, '--groups', 'residual1'],
    2,
    /--groups.*no group residual1 to adapt/,
  ],
  [['search-rank', at('out'), ...scenes, '--max-rank', '0'], 2, /--max-rank.*0 is not from 1/],
  [[...study, '--baselines', 'stylegan'], 2, /--baselines.*no stylegan/],
  [
    [...study, '--baselines', 'unet', '--size', '64', '--load-size', '72'],
    2,
    /--load-size 72: unet .* multiples of 64/,
  ],
  [[...study, '--baselines', 'comodgan', '--size', '48'], 2, /comodgan.*power of two/],
  [[...study, '--k', '500'], 2, /--k 500: there are \d+ concepts besides the targets/],
  [['study', at('out'), '--data', at('nowhere'), '--concepts', 'a'], 1, /nowhere.*no such file or folder/],
  [['finetune', at('out'), ...scenes, '--ranks', at('ranks.json')], 1, /ranks\.json: is not a file of ranks/],
  [['finetune', at('out'), ...scenes, '--ranks', at('none.json')], 1, /none\.json.*no such file/],
  [['finetune', at('out'), ...scenes, '--ranks', at('unknown.json')], 2, /--ranks.*no layer up9/],
];

const test = suite('method, bad input');
for (const [args, code, message] of refusals)
  test(args.join(' ').replaceAll(folder, ''), async () => {
    const before = await folderHash(folder);
    assertRefused(await run(...args), code, message);
    assert.is(await folderHash(folder), before);
  });
test.after(() => rm(folder, { recursive: true, force: true }));
test.run();
