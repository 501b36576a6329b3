import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChildLost, PeerProcess } from '../../bench/peer_process.ts';

// A child that answers, refuses, ends or hangs, by how many threads it is told.
const CHILD = `process.on('message', ({ id, threads }) => {
  if (threads === 1) process.send({ id, answer: { device: String(process.pid) } });
  if (threads === 2) process.send({ id, error: 'it will not' });
  if (threads === 3) process.exit(7);
});`;

const child = () => new PeerProcess({ command: process.execPath, args: ['-e', CHILD] });

async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.unreachable('it answered'),
    (error: Error) => error,
  ) as Promise<Error>;
}

test('answers come from one process until it is stopped', async () => {
  const peer = child();
  assert.is(peer.isRunning, false);
  const first = await peer.ask('open', { threads: 1 }, 60);
  assert.is(peer.isRunning, true);
  assert.equal(await peer.ask('open', { threads: 1 }, 60), first);
  peer.stop();
  assert.is(peer.isRunning, false);
  const second = await peer.ask('open', { threads: 1 }, 60);
  assert.is.not(second.device, first.device);
  peer.stop();
});

test('a refusal is an error, and the child lives on', async () => {
  const peer = child();
  const error = await failure(peer.ask('open', { threads: 2 }, 60));
  assert.is(error.message, 'it will not');
  assert.not.instance(error, ChildLost);
  assert.is(peer.isRunning, true);
  peer.stop();
});

test('a child that ends or hangs is lost, and started again by the next request', async () => {
  const peer = child();
  const ended = await failure(peer.ask('open', { threads: 3 }, 60));
  assert.instance(ended, ChildLost);
  assert.match(ended.message, /exit code 7/);
  assert.is(peer.isRunning, false);
  const hung = await failure(peer.ask('open', { threads: 4 }, 2));
  assert.instance(hung, ChildLost);
  assert.match(hung.message, /not done after 2 s/);
  assert.is(peer.isRunning, false);
  await peer.ask('open', { threads: 1 }, 60);
  peer.stop();
});

test('a command that is not there is lost too', async () => {
  const peer = new PeerProcess({ command: 'no-such-command-here', args: [] });
  assert.instance(await failure(peer.ask('open', { threads: 1 }, 60)), ChildLost);
});

test.run();
