import * as assert from 'uvu/assert';

/** Fails unless the promise rejects with an error of this class whose message matches. */
export async function assertRejects(
  promise: Promise<unknown>,
  type: new (...args: never[]) => Error,
  pattern: RegExp,
): Promise<void> {
  const error = await promise.then(
    () => assert.unreachable(`resolved instead of rejecting with ${pattern}`),
    (reason: unknown) => reason,
  );
  assert.instance(error, type);
  assert.match((error as Error).message, pattern);
}
