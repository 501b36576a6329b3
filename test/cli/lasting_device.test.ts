import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceSource, onLastingDevice } from '../../src/cli/lasting_device.ts';
import { DeviceLostError, KernelError } from '../../src/runtime/errors.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Choices } from '../../src/runtime/tuner.ts';
import { rejectsWith } from './scratch.ts';

/** Devices that do nothing, and a clock that stands still unless it is moved. */
function devices({ refuse = 0 } = {}) {
  const choices: Choices = new Map([['a', 'b']]);
  const seen = { opened: [] as (Choices | undefined)[], closed: 0, time: 0, paused: 0 };
  let refusals = 0;
  const source: DeviceSource = {
    async open(fixed) {
      if (seen.opened.length > 0 && refusals++ < refuse) throw new Error('no adapter answers');
      seen.opened.push(fixed);
      const gpu = { choices, faults: { isLost: false }, close: () => void seen.closed++ };
      return gpu as unknown as Gpu;
    },
    now: () => seen.time,
    pause: async (ms) => {
      seen.paused += ms;
    },
  };
  return { source, seen, choices };
}

const lost = () => Promise.reject(new DeviceLostError('read of y: the device is gone: reset'));

test('work goes on with a new device and the same forms', async () => {
  const { source, seen, choices } = devices();
  const firsts: boolean[] = [];
  const value = await onLastingDevice(source, async (_, isFirst) => {
    firsts.push(isFirst);
    return firsts.length < 3 ? lost() : 'done';
  });
  assert.equal([value, firsts], ['done', [true, false, false]]);
  assert.equal(seen.opened, [undefined, choices, choices]);
  assert.is(seen.closed, 3);
});

test('three losses within a minute end it, with the remedy; more in longer do not', async () => {
  const { source, seen } = devices();
  let runs = 0;
  const losing = () => {
    runs++;
    seen.time += 20_000;
    return lost();
  };
  await rejectsWith(
    () => onLastingDevice(source, losing),
    /lost 3 times within a minute \(read of y: .*reset\); what is saved is kept: .*driver/,
  );
  assert.equal([runs, seen.closed], [3, 3]);
  const slow = devices();
  runs = 0;
  const rarely = async () => {
    slow.seen.time += 31_000;
    return ++runs < 8 ? lost() : runs;
  };
  assert.is(await onLastingDevice(slow.source, rarely), 8);
});

test('other errors pass; an error of a device that is gone counts as its loss', async () => {
  const { source, seen } = devices();
  const wrong = onLastingDevice(source, () => Promise.reject(new KernelError('add: wrong')));
  assert.match(await wrong.catch((e: Error) => e.message), /add: wrong/);
  assert.is(seen.opened.length, 1);
  let runs = 0;
  const value = await onLastingDevice(source, async (gpu) => {
    if (runs++) return 'done';
    Object.assign(gpu.faults, { isLost: true });
    throw new KernelError('read of y: did not arrive');
  });
  assert.is(value, 'done');
});

test('a driver may need a while until it answers again', async () => {
  const { source, seen } = devices({ refuse: 3 });
  let runs = 0;
  assert.is(await onLastingDevice(source, async () => (runs++ ? 'done' : lost())), 'done');
  assert.is(seen.paused, 3000);
  const gone = devices({ refuse: 99 });
  const error = await onLastingDevice(gone.source, lost).catch((e: Error) => e);
  assert.match((error as Error).message, /no adapter answers/);
});

test.run();
