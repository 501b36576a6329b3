import { escapeControl, UserError } from '../../src/cli/errors.ts';
import { FormatError } from '../../src/model/format_error.ts';
import { Random } from '../../src/train/random.ts';
import type { Figures } from './figures.ts';

/** Something that reads bytes from strangers. */
export interface Target {
  readonly name: string;
  /** Makes one input. */
  readonly make: (random: Random) => Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
}

/** How many inputs, and what one may cost. */
export interface FuzzLimits {
  readonly count: number;
  readonly seed: number;
  /** Processor time of one read. */
  readonly ms: number;
  /** Resident memory above what it was before the first read. */
  readonly mb: number;
}

// What a message may not hold once it is printed: anything that drives a terminal or breaks a line.
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const COLLECT_EVERY = 2000;

const residentMb = (): number => process.memoryUsage.rss() / 2 ** 20;

/** What is wrong with an error; null for one that a user may see. */
function wrongWith(error: unknown): string | null {
  if (!(error instanceof FormatError || error instanceof UserError))
    return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  if (STEERING.test(escapeControl(error.message)))
    return `steers a terminal: ${JSON.stringify(error.message)}`;
  return error.message.length > 2000 ? `a message of ${error.message.length} characters` : null;
}

/** What reading has cost at most. */
export interface Cost {
  readonly ms: number;
  readonly mb: number;
}

/** Reads mutated inputs, one after the other, and prints how many were survived. */
export async function fuzz(
  figures: Figures,
  target: Target,
  limits: Pick<FuzzLimits, 'count' | 'seed'>,
): Promise<Cost> {
  const random = new Random(`${target.name} ${limits.seed}`);
  globalThis.gc?.();
  const idle = residentMb();
  let [survived, accepted, slowest, peak] = [0, 0, 0, idle];
  for (let i = 0; i < limits.count; i++) {
    const bytes = target.make(random);
    const before = process.cpuUsage();
    let wrong: string | null = null;
    try {
      await target.read(bytes);
      accepted++;
    } catch (error) {
      wrong = wrongWith(error);
    }
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (ms > slowest) slowest = ms;
    if (i % 16 === 0 || ms > 50) peak = Math.max(peak, residentMb());
    if (wrong === null) survived++;
    else if (i - survived < 3) figures.detail(`input ${i}: ${wrong}`);
    if (i % COLLECT_EVERY === 0) globalThis.gc?.();
  }
  figures.count(target.name, survived, limits.count, `survived (${accepted} read)`);
  return { ms: slowest, mb: peak - idle };
}

/** Fuzzes all targets and prints what the worst of them cost. */
export async function fuzzAll(
  figures: Figures,
  what: string,
  targets: readonly Target[],
  limits: FuzzLimits,
): Promise<void> {
  const worst = { ms: { cost: 0, name: '' }, mb: { cost: 0, name: '' } };
  for (const target of targets) {
    const cost = await fuzz(figures, target, limits);
    for (const unit of ['ms', 'mb'] as const)
      if (cost[unit] >= worst[unit].cost) worst[unit] = { cost: cost[unit], name: target.name };
  }
  figures.atMost(`slowest of ${what} (${worst.ms.name})`, worst.ms.cost, limits.ms, 'ms of processor time');
  figures.atMost(`memory of ${what} (${worst.mb.name})`, worst.mb.cost, limits.mb, 'MB above idle');
}
