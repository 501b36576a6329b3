import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deviceWait } from '#navigator-gpu';

const later = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

/** Turns of a loop like the one by which Dawn's binding polls, while `owed` is waited for. */
async function turnsDuring(owed: Promise<unknown>): Promise<number> {
  let [turns, over] = [0, false];
  const poll = () => {
    turns++;
    if (!over) setImmediate(poll);
  };
  poll();
  await owed;
  over = true;
  return turns;
}

test('a wait hands on the value and the error', async () => {
  assert.is(await deviceWait(later(1, 'value')), 'value');
  const failing = deviceWait(later(1, null).then(() => Promise.reject(new Error('gone'))));
  assert.is(await failing.catch((error: Error) => error.message), 'gone');
});

test('polls sleep while the device works, however many wait', async () => {
  const all = Promise.all([deviceWait(later(150, 1)), deviceWait(later(100, 2)), deviceWait(later(120, 3))]);
  const turns = await turnsDuring(all);
  assert.ok(turns < 1000, `${turns} turns in 150 ms`);
});

test('short waits stay short', async () => {
  const start = performance.now();
  for (let i = 0; i < 50; i++) await deviceWait(new Promise((resolve) => setImmediate(resolve)));
  assert.ok(performance.now() - start < 500);
});

test.run();
