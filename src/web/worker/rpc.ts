import { messageOf, WebError, type WebErrorKind } from '../web_error.ts';

// Calls over a worker's port: `{ id, name, args }` there, `{ id, result }` or `{ id, error }` back, `{ event, data }` unasked.

type Api = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly kind: WebErrorKind };
  readonly event?: string;
  readonly data?: unknown;
}

/** Where a worker's script listens and speaks. */
interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
}

/** Serves calls in a worker, one answer each. @returns how to tell the page something unasked */
export function serveCalls(port: Port, api: Api): (event: string, data: unknown) => void {
  port.onmessage = async ({ data }: MessageEvent<Call>) => {
    const { id, name, args } = data;
    try {
      const result = await (api[name] as (...args: readonly unknown[]) => unknown)(...args);
      port.postMessage({ id, result });
    } catch (error) {
      const kind = error instanceof WebError ? error.kind : 'file';
      port.postMessage({ id, error: { message: messageOf(error), kind } });
    }
  };
  return (event, data) => port.postMessage({ event, data });
}

/** What a worker's functions are for the page: the same, later. */
export type Remote<A extends Api> = {
  readonly [K in keyof A]: (...args: Parameters<A[K]>) => Promise<Awaited<ReturnType<A[K]>>>;
};

/** Calls a worker. @param onEvent - hears what it says unasked */
export function connect<A extends Api>(
  worker: Worker,
  onEvent: (event: string, data: unknown) => void,
): Remote<A> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  let broken: WebError | null = null;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if (data.event !== undefined) {
      onEvent(data.event, data.data);
      return;
    }
    const call = waiting.get(data.id!);
    waiting.delete(data.id!);
    if (data.error) call?.reject(new WebError(data.error.kind, data.error.message));
    else call?.resolve(data.result);
  };
  worker.onerror = (event) => {
    const why = event.message || 'its script cannot be loaded';
    broken = new WebError('stopped', `A part of the page has failed (${why}): reload it.`);
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const isTransferable = (arg: unknown): arg is Transferable =>
    ['OffscreenCanvas', 'VideoFrame', 'ImageBitmap'].includes(
      (arg as object | null)?.constructor?.name ?? '',
    );
  const call =
    (name: string) =>
    (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        if (broken) throw broken;
        waiting.set(++last, { resolve, reject });
        worker.postMessage({ id: last, name, args }, args.filter(isTransferable));
      });
  return new Proxy({} as Remote<A>, { get: (_, name) => call(String(name)) });
}
