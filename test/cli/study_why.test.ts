import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { claimOf } from '../../src/cli/study/compare.ts';
import { apartFromScratch, atEqualSteps } from '../../src/cli/study/equal_steps.ts';
import { reasons } from '../../src/cli/study/report.ts';
import { chance, decidingConcepts, otherScores } from '../../src/cli/study/why.ts';
import type { TrialResult } from '../../src/cli/trials/trial_log.ts';

const score = (fid: number, rest: Partial<TrialResult['score']> = {}): TrialResult['score'] => ({
  ...{ fid, l1: 0.1, psnr: 20, ssim: 0.5, kid: { value: 0.01, standardError: 0.001 } },
  ...rest,
});
const result = (
  concept: string,
  seed: number,
  fid: number,
  rest: Partial<TrialResult> = {},
): TrialResult => ({
  ...{ name: `${concept}-${seed}`, concept, seed, steps: 10, pairs: 5, judged: 4, seconds: 1, curve: [] },
  ...{ weights: { model: 100, trained: 10 }, score: score(fid) },
  ...rest,
});

test('the concepts that decide are named with their share', () => {
  const text = decidingConcepts([
    { concept: 'fog', ours: 4, other: 1 },
    { concept: 'ink', ours: 2, other: 1 },
    { concept: 'snow', ours: 1, other: 3 },
  ]);
  assert.match(text, /ahead on 2 of 3 concepts, most on fog \(1 against 4: 75 % of/);
  assert.match(text, /Ours is furthest ahead on snow \(1 against 3\)/);
  assert.match(decidingConcepts([{ concept: 'fog', ours: 1, other: 1 }]), /neither is ahead/);
});

test('chance is what another seed does, and is unknown for one seed', () => {
  const seeds = (first: number, second: number) => [result('fog', 1, first), result('fog', 2, second)];
  const small = chance('fid', seeds(0.5, 0.7), seeds(0.4, 0.6));
  assert.match(small, /differ by 0\.1; another seed changes a training of either by 0\.2 .* which is more\./);
  assert.match(chance('fid', seeds(5, 5.5), seeds(1, 1.5)), /differ by 4; .* by 0\.5 .* which is less\./);
  assert.match(chance('fid', [result('fog', 1, 2)], [result('fog', 1, 1)]), /One seed was trained/);
});

test('scores that do not decide are told with their sign', () => {
  const ours = [result('fog', 1, 2, { score: score(2, { ssim: 0.9, l1: 0.3 }) })];
  const other = [
    result('fog', 1, 1, { score: score(1, { ssim: 0.8, l1: 0.2, kid: { value: 0, standardError: 0 } }) }),
  ];
  assert.is(otherScores('fid', ours, other), 'By SSIM ours is ahead, by KID and L1 the other.');
  assert.is(otherScores('l1', other, other), 'By FID, KID and SSIM ours is ahead.');
  const unknown = [result('fog', 1, 1, { score: { ...score(1), fid: null } })];
  assert.is(otherScores('l1', unknown, unknown), 'By KID and SSIM ours is ahead.');
});

test('a claim that holds has no reasons, one that does not has its own and what sets the two apart', () => {
  const compared = { claim: 'ours is as good', measure: 'fid' as const, apart: () => 'It had more steps.' };
  const [low, high] = [[result('fog', 1, 1)], [result('fog', 1, 2)]];
  const holds = claimOf({ ...compared, ours: low!, other: high! });
  assert.equal([holds.verdict, holds.why], ['holds', []]);
  const fails = claimOf({ ...compared, ours: high!, other: low! });
  assert.is(fails.why.length, 4);
  const [text, ...rest] = reasons([holds, fails]);
  assert.equal(rest, []);
  assert.match(text!, /^"ours is as good" does not hold\. .* It had more steps\.$/);
});

test('more steps and all weights are told apart as reasons', () => {
  const study = { measure: 'fid', steps: { base: 9, tune: 10, scratch: 50, search: 5 } } as const;
  const scratch = (early: number) =>
    result('fog', 1, 0.5, {
      weights: { model: 100, trained: 100 },
      curve: [{ step: 10, score: score(early) }],
    });
  const of = (early: number, full: number) =>
    new Map([
      ['lora', [result('fog', 1, 1), result('fog', 2, 1.2)]],
      ['full', [result('fog', 1, full)]],
      ['scratch', [scratch(early)]],
    ]);
  assert.equal(
    atEqualSteps(study, of(3, 1), 'scratch').ours.map(({ seed }) => seed),
    [1],
  );
  const slow = apartFromScratch(study, of(3, 0.9), 'scratch');
  assert.match(slow, /trains 10 weights for 10 steps, the other 100 for 50\./);
  assert.match(slow, /stood at 3 where adapters end at 1, so it is the longer training/);
  assert.match(slow, /end at 0\.9 where adapters end at 1, so an adapter's size accounts for 20 % of/);
  const fast = apartFromScratch(study, of(0.4, 2), 'scratch');
  assert.match(fast, /so it led by then\. .* is not the reason\.$/);
});

test.run();
