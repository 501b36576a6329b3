import { deviceWait } from '#navigator-gpu';
import { DeviceLostError, KernelError, OutOfMemoryError } from './errors.ts';

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ');

/** What a device has reported. */
export class Fault {
  readonly message: string;
  readonly #kind: typeof KernelError | typeof DeviceLostError;

  constructor(message: string, kind: typeof KernelError | typeof DeviceLostError) {
    this.message = message;
    this.#kind = kind;
  }

  static of(error: GPUError): Fault {
    // By name, for Dawn's binding has no global classes.
    const isMemory = error.constructor.name === 'GPUOutOfMemoryError';
    return new Fault(oneLine(error.message), isMemory ? OutOfMemoryError : KernelError);
  }

  get isLoss(): boolean {
    return this.#kind === DeviceLostError;
  }

  get isMemory(): boolean {
    return this.#kind === OutOfMemoryError;
  }

  /** The same, with more about where it comes from. */
  with(note: string | null): Fault {
    return note === null ? this : new Fault(`${this.message} (${note})`, this.#kind);
  }

  /** The same, named by where it came up. */
  in(what: string): Fault {
    return new Fault(`${what}: ${this.message}`, this.#kind);
  }

  /** As it stands in the way of `what`. */
  error(what: string): KernelError | DeviceLostError {
    return new this.#kind(`${what}: ${this.message}`);
  }
}

/** Finds out where a fault comes from; null where it cannot. */
export type Explain = (fault: Fault) => Promise<string | null>;

/** A fault with its explanation. A device that goes away meanwhile is told of elsewhere. */
export const explained = async (fault: Fault, explain: Explain | null): Promise<Fault> =>
  explain && !fault.isLoss ? fault.with(await explain(fault).catch(() => null)) : fault;

/**
 * What a device reports on its own time. WebGPU throws for almost nothing: a refused submit leaves the old values in
 * place and reports beside them. So GPU work runs in `guard`, and no result is handed out before `settle`. The first
 * fault stays, and every later check throws it; only the loss of the device takes its place.
 */
export class Faults {
  readonly #device: GPUDevice;
  #first: Fault | null = null;
  #accepted: Promise<void> = Promise.resolve();

  readonly #listen = (event: GPUUncapturedErrorEvent): void => this.#note(Fault.of(event.error));

  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener('uncapturederror', this.#listen);
    void device.lost.then(({ message }) => this.lose(message));
  }

  #note(fault: Fault): void {
    this.#first ??= fault;
  }

  /** Declares the device gone: from now on every check throws DeviceLostError. */
  lose(reason: string): void {
    // Dawn's binding holds listeners so that a device that has one is never collected.
    this.#device.removeEventListener('uncapturederror', this.#listen);
    if (!this.isLost) this.#first = new Fault(`the device is gone: ${oneLine(reason)}`, DeviceLostError);
  }

  /** Whether the device is gone. */
  get isLost(): boolean {
    return this.#first?.isLoss === true;
  }

  /** Does GPU work inside error scopes; `fault` resolves with the first error that the device found in it. */
  scoped<T>(work: () => T): { result: T; fault: Promise<Fault | null> } {
    const filters = ['validation', 'out-of-memory', 'internal'] as const;
    for (const filter of filters) this.#device.pushErrorScope(filter);
    let errors: Promise<(GPUError | null)[]>;
    let result: T;
    try {
      result = work();
    } finally {
      errors = Promise.all(filters.map(() => this.#device.popErrorScope()));
    }
    const first = errors.then((all) => all.find((e) => e !== null));
    return { result, fault: first.then((e) => (e ? Fault.of(e) : null)) };
  }

  /** Does GPU work whose first fault, named by `what`, surfaces at the next `settle`. */
  guard<T>(what: string, work: () => T, explain: Explain | null = null): T {
    const { result, fault } = this.scoped(work);
    const before = this.#accepted;
    this.#accepted = before.then(async () => {
      const found = await fault;
      if (found) this.#note((await explained(found, explain)).in(what));
    });
    return result;
  }

  /** @throws KernelError, DeviceLostError: what the device has reported so far, with `what` it stands in the way of. */
  check(what: string): void {
    if (this.#first) throw this.#first.error(what);
  }

  /** Waits until the device has accepted all guarded work. @throws KernelError, DeviceLostError */
  async settle(what: string): Promise<void> {
    await deviceWait(this.#accepted);
    this.check(what);
  }
}
