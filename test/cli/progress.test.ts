import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatDuration, startProgress } from '../../src/cli/progress.ts';

/** A stream that keeps what is written. */
function sink(isTTY: boolean) {
  const lines: string[] = [];
  const stream = { isTTY, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  return { lines, stream };
}

test('plain lines with rate and ETA, at the start, every ten seconds and at the end', () => {
  const { lines, stream } = sink(false);
  let time = 0;
  const progress = startProgress({
    label: 'train',
    total: 200,
    start: 100,
    unit: 'steps',
    stream,
    now: () => time,
  });
  for (let done = 101; done <= 200; done++) {
    time += 250;
    progress.update(done, 'loss 0.5');
  }
  progress.stop();
  assert.equal(lines, [
    'train 101/200 50% 4.0 steps/s ETA 25s loss 0.5\n',
    'train 141/200 70% 4.0 steps/s ETA 15s loss 0.5\n',
    'train 181/200 90% 4.0 steps/s ETA 5s loss 0.5\n',
    'train 200/200 100% 4.0 steps/s loss 0.5\n',
  ]);
});

test('the rate forgets what is older than half a minute', () => {
  const { lines, stream } = sink(false);
  let time = 0;
  const progress = startProgress({ label: 'x', total: 1000, stream, now: () => time });
  time = 60_000;
  progress.update(1);
  for (let done = 2; done <= 60; done++) {
    time += 1000;
    progress.update(done);
  }
  progress.stop();
  assert.match(lines.at(-1)!, /60\/1000 6% 1\.0 items\/s/);
});

test('stopping early prints the last state; names cannot drive the terminal', () => {
  const { lines, stream } = sink(false);
  const progress = startProgress({ label: 'a\u001b[2J', total: 10, stream, now: () => 0 });
  progress.update(1);
  progress.update(2, 'b\n');
  progress.stop();
  assert.equal(lines, [
    'a\\x1b[2J 1/10 10% 0.0 items/s ETA -\n',
    'a\\x1b[2J 2/10 20% 0.0 items/s ETA - b\\n\n',
  ]);
});

test('durations', () => {
  assert.equal([0.4, 59, 61, 3600, 7500].map(formatDuration), ['0s', '59s', '1m 01s', '1h 00m', '2h 05m']);
});

test.run();
