import { link, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPairs } from '../../src/cli/data/data_set.ts';
import { escapeControl } from '../../src/cli/errors.ts';
import { folderHash, run } from '../cli/run_program.ts';
import { writeNoise } from '../cli/small_model.ts';
import { type Figures, runPart } from './figures.ts';
import { type RefusedCase, refusedCases } from './refused_cases.ts';
import { inScratch } from './scratch.ts';
import { HELD_ELSEWHERE, LAST, NOT_HERE } from './section_cases.ts';
import { writeStrangeFiles } from './strange_files.ts';

// The list of bad input: what a command does with each, or where that is tested, or why it cannot come.

/** What is wrong with the outcome of a case; null where it is refused as users should see it. */
async function wrongWith([, args, code, message]: RefusedCase): Promise<string | null> {
  const outcome = await run(...args);
  if (outcome.code !== code) return `exit code ${outcome.code} in place of ${code}: ${outcome.err.trim()}`;
  if (!/^e2gan: [^\n]+\n$/.test(outcome.err))
    return `not one line: ${JSON.stringify(outcome.err.slice(0, 300))}`;
  if (outcome.out) return `prints on stdout: ${outcome.out.slice(0, 100)}`;
  return message.test(outcome.err) ? null : `says ${outcome.err.trim()}`;
}

async function refuse(figures: Figures, folder: string): Promise<Set<string>> {
  const cases = refusedCases(folder);
  let refused = 0;
  let hash = await folderHash(folder);
  for (const one of cases) {
    const wrong = await wrongWith(one);
    const after = await folderHash(folder);
    const what = `${one[0]}: ${escapeControl(one[1].join(' ').replaceAll(folder, '')).slice(0, 150)}`;
    if (wrong) figures.detail(`${what}: ${wrong}`);
    else if (after !== hash) figures.detail(`${what}: the folder has changed`);
    else refused++;
    hash = after;
  }
  figures.count('bad input, called', refused, cases.length, 'refused in one line, nothing changed');
  return new Set(cases.map(([id]) => id));
}

/** What works although it looks strange. */
async function accept(figures: Figures, folder: string): Promise<string[]> {
  const at = (name: string) => join(folder, name);
  const cases: [string, string[], RegExp][] = [
    ['L14', ['adapter', 'inspect', at('elsewhere')], /etc\/passwd/],
    ['C7', ['adapter', 'inspect', at('proto')], /ink/],
    [
      'L15',
      ['adapter', 'merge', at('base.safetensors'), at('adapter'), at('adapter'), at('sum.safetensors')],
      /\S/,
    ],
    ['I18', ['data', 'check', at('odd')], /pairs: 2, of them usable: 2/],
  ];
  let accepted = 0;
  for (const [id, args, message] of cases) {
    const { code, out, err } = await run(...args);
    if (code === 0 && message.test(out) && !/[\p{Cc}\u202e]/u.test(out.replaceAll('\n', ''))) accepted++;
    else figures.detail(`${id}: ${code} ${out.slice(0, 200)} ${err}`);
  }
  figures.count('strange input that is sound', accepted, cases.length, 'read');
  return cases.map(([id]) => id);
}

/** Every case is called here, named in another test, or has a reason. */
async function account(figures: Figures, called: ReadonlySet<string>): Promise<void> {
  const known = new Set(called);
  let held = 0;
  for (const [id, what, file, words] of HELD_ELSEWHERE) {
    known.add(id);
    if ((await readFile(file, 'utf8').catch(() => '')).includes(words)) held++;
    else figures.detail(`${id} (${what}): ${file} does not say "${words}"`);
  }
  figures.count('bad input that other tests hold', held, HELD_ELSEWHERE.length, 'found there');
  for (const [id, why] of NOT_HERE) {
    known.add(id);
    console.log(`not called: ${id}: ${why}`);
  }
  const all = Object.entries(LAST).flatMap(([letter, n]) =>
    Array.from({ length: n }, (_, i) => `${letter}${i + 1}`),
  );
  const open = all.filter((id) => !known.has(id));
  if (open.length) figures.detail(`without an answer: ${open.join(', ')}`);
  figures.count('cases of bad input', all.length - open.length, all.length, 'have an answer');
}

/** Seconds until the pairs of a folder of so many pictures are known. */
async function manyFiles(figures: Figures, folder: string, count: number): Promise<void> {
  const one = join(folder, 'one.png');
  await writeNoise(one, 8, 8);
  for (const side of ['input', 'target']) {
    await mkdir(join(folder, 'many', side), { recursive: true });
    for (let i = 0; i < count / 2; i++) await link(one, join(folder, 'many', side, `${i}.png`));
  }
  const begin = process.cpuUsage();
  const { pairs } = await findPairs(join(folder, 'many'));
  const { user, system } = process.cpuUsage(begin);
  figures.count(`pairs of a folder of ${count} files`, pairs.length, count / 2, 'found');
  figures.atMost('and the time that took', (user + system) / 1e6, 10, 's of processor time');
}

await runPart((figures, { full }) =>
  inScratch(async (folder) => {
    await writeStrangeFiles(folder);
    const called = await refuse(figures, folder);
    for (const id of await accept(figures, folder)) called.add(id);
    await manyFiles(figures, await mkdtemp(join(folder, 'T9-')), full ? 100_000 : 5000);
    called.add('T9');
    await account(figures, called);
  }),
);
