/** An op was called with shapes that do not fit. Message: op, what was expected, what came. */
export class ShapeError extends Error {
  override name = 'ShapeError';
  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
  }
}

/** The GPU refused or dropped work: compile error, validation error, out of memory. Names the kernel or program. */
export class KernelError extends Error {
  override name = 'KernelError';
}

/** The GPU has not enough memory for what was asked of it. */
export class OutOfMemoryError extends KernelError {}

/** The device is gone; nothing on it can be read any more. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError';
}

/** Throws {@link ShapeError} unless `condition` holds. */
export function expect(condition: boolean, op: string, message: string): asserts condition {
  if (!condition) throw new ShapeError(op, message);
}
