import { messageOf, UserError } from '../../src/cli/errors.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { Unsupported } from './attrs.ts';
import { type Check, worst } from './compare.ts';
import { runLoraCase } from './lora.ts';
import { runNetworkCase } from './networks.ts';
import type { Case, Folder } from './read_case.ts';
import { runOpCase } from './run_op.ts';
import { runTrainCase } from './train.ts';

const KINDS: Readonly<Record<string, (gpu: Gpu, folder: Folder, given: Case) => Promise<Check[]>>> = {
  op: runOpCase,
  network: runNetworkCase,
  lora: runLoraCase,
  train: runTrainCase,
};

/** What became of a case. */
export interface Result {
  readonly name: string;
  readonly verdict: 'pass' | 'fail' | 'skip';
  /** The worst error over its bar; null where nothing was compared. */
  readonly ratio: number | null;
  /** The tensor with that error, or why there is none. */
  readonly detail: string;
}

/** Runs one case. @throws UserError where its files cannot be read */
export async function runCase(gpu: Gpu, folder: Folder, given: Case): Promise<Result> {
  const { name, kind } = given;
  try {
    const run = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (!run) throw new Unsupported(`unsupported kind ${kind}`);
    const { tensor, ratio } = worst(await run(gpu, folder, given));
    return { name, verdict: ratio <= 1 ? 'pass' : 'fail', ratio, detail: tensor };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const verdict = error instanceof Unsupported ? 'skip' : 'fail';
    return { name, verdict, ratio: null, detail: messageOf(error) };
  }
}
