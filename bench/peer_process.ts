import { type ChildProcess, spawn } from 'node:child_process';
import type { Reply, Requests, Verb } from './protocol.ts';

/** How a child is started. */
export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A failure of the child itself, not of what it was asked: it has to be started again. */
export class ChildLost extends Error {}

// Drivers keep compiled shaders on the disk; cold times would be those of the second run of the bench.
const NO_SHADER_CACHE = { MESA_SHADER_CACHE_DISABLE: 'true', MESA_GLSL_CACHE_DISABLE: 'true' };

/** A library in a process of its own; one request at a time. Python talks on the same channel (NODE_CHANNEL_FD). */
export class PeerProcess {
  readonly #start: Start;
  #child: ChildProcess | null = null;
  #waiting: { id: number; settle: (reply: Reply | Error) => void } | null = null;
  #count = 0;

  constructor(start: Start) {
    this.#start = start;
  }

  #running(): ChildProcess {
    if (this.#child) return this.#child;
    const { command, args, env } = this.#start;
    const child = spawn(command, [...args], {
      stdio: ['ignore', 'ignore', process.env.E2GAN_BENCH_TRACE ? 'inherit' : 'ignore', 'ipc'],
      env: { ...process.env, ...NO_SHADER_CACHE, ...env },
    });
    const lose = (why: string) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#waiting?.settle(new ChildLost(why));
    };
    child.on('message', (reply) => {
      const { id } = reply as Reply;
      if (this.#waiting?.id === id) this.#waiting.settle(reply as Reply);
    });
    child.on('error', (error) => lose(error.message));
    child.on('exit', (code, signal) => lose(`its process ended (${signal ?? `exit code ${code}`})`));
    this.#child = child;
    return child;
  }

  /** Whether a process runs; it starts with the first request. */
  get isRunning(): boolean {
    return this.#child !== null;
  }

  /**
   * @param seconds - longest wait; a child that takes longer is ended
   * @throws ChildLost where the process ends or is too slow; Error with what the library says
   */
  async ask<V extends Verb>(
    verb: V,
    ask: Requests[V]['ask'],
    seconds: number,
  ): Promise<Requests[V]['answer']> {
    const child = this.#running();
    const id = ++this.#count;
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(new ChildLost(`not done after ${seconds.toFixed(0)} s`));
        this.stop();
      }, seconds * 1000);
      const settle = (result: Reply | Error) => {
        clearTimeout(timer);
        this.#waiting = null;
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      this.#waiting = { id, settle };
      child.send({ id, verb, ...ask }, (error) => {
        if (error) settle(new ChildLost(error.message));
      });
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply.answer as Requests[V]['answer'];
  }

  /** Ends the process, whatever it does. */
  stop(): void {
    const child = this.#child;
    this.#child = null;
    child?.removeAllListeners();
    child?.kill('SIGKILL');
  }
}
