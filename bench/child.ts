import { availableParallelism } from 'node:os';
import { readFloats, writeFloats } from './graph/float_files.ts';
import type { FloatsByName } from './graph/values.ts';
import type { GpuSample, Ready, Reply, Request, Requests, Sample, Verb, Workload } from './protocol.ts';

/** A workload that a library has built. */
export interface Prepared {
  readonly note?: string;
  /** Runs once and waits for the device. */
  run(): Promise<void>;
  /** What the latest run computed, in the runtime's layout. */
  outputs(): Promise<FloatsByName>;
  gpu?(): Promise<GpuSample>;
}

/** A library as the bench drives it. */
export interface Library {
  open(): Promise<{ device: string }>;
  /** Builds a workload without running it. @throws Error whose first line says why it cannot */
  prepare(workload: Workload, values: FloatsByName, form: string): Promise<Prepared>;
  /** What it answers beyond the common requests. */
  readonly more?: { readonly [V in Verb]?: (ask: Requests[V]['ask']) => Promise<Requests[V]['answer']> };
}

async function timed(work: () => Promise<void>): Promise<Sample> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 / availableParallelism() };
}

/** The first line of a failure, for a table. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!.slice(0, 300);

/** Answers the bench's requests until it hangs up. */
export function serve(library: Library): void {
  let prepared: Prepared | null = null;
  let folder = '';
  const current = (): Prepared => {
    if (!prepared) throw new Error('nothing is prepared');
    return prepared;
  };

  async function prepare({ workload, files, form }: Extract<Request, { verb: 'prepare' }>): Promise<Ready> {
    ({ folder } = files);
    const values = await readFloats(folder, files.values, files.places);
    const cold = await timed(async () => {
      prepared = await library.prepare(workload, values, form);
      await prepared.run();
    });
    const { note } = current();
    return { cold, ...(note === undefined ? {} : { note }) };
  }

  async function answer(request: Request): Promise<unknown> {
    switch (request.verb) {
      case 'open':
        return library.open();
      case 'prepare':
        return prepare(request);
      case 'outputs':
        return { places: await writeFloats(folder, request.file, await current().outputs()) };
      case 'run':
        return timed(() => current().run());
      case 'gpu': {
        const { gpu } = current();
        if (!gpu) throw new Error('this library has no timestamps');
        return gpu();
      }
      default: {
        const more = library.more?.[request.verb] as ((ask: object) => Promise<unknown>) | undefined;
        if (!more) throw new Error(`${request.verb}: this library has no answer`);
        return more(request);
      }
    }
  }

  process.on('message', (request: Request) => {
    const reply = (message: Reply): void => void process.send?.(message);
    answer(request).then(
      (result) => reply({ id: request.id, answer: result }),
      (error: unknown) => {
        if (process.env.E2GAN_BENCH_TRACE) console.error(error);
        reply({ id: request.id, error: reasonOf(error) });
      },
    );
  });
  // Dawn's threads would keep the process alive.
  process.on('disconnect', () => process.exit(0));
}
