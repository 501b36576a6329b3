import { z } from 'zod';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { Unsupported } from './attrs.ts';
import { barSchema, barsFor, type Check, checkOutputs } from './compare.ts';
import { evaluate } from './evaluate.ts';
import { type Placed, same } from './layouts.ts';
import { OPS } from './op_table.ts';
import { LOSS_OPS } from './ops_loss.ts';
import { runOptimizer } from './optimizer.ts';
import { type Case, type Folder, fieldsOf, tensorOf, withPrefix } from './read_case.ts';

const opCase = z.object({
  op: z.string(),
  file: z.string(),
  attrs: z.record(z.string(), z.unknown()),
  diff: z.array(z.string()).optional().default([]),
  outputs: z.record(z.string(), barSchema),
});

/** Runs one case of index_ops.json: an op forward and backward, or some steps of an optimizer. */
export async function runOpCase(gpu: Gpu, folder: Folder, given: Case): Promise<Check[]> {
  const { op, file, attrs, diff, outputs } = fieldsOf(opCase, given);
  const tensors = await folder.tensors(file);
  if (op === 'optimizer') return runOptimizer(gpu, attrs, tensors, outputs);
  const row = OPS.get(op);
  if (!row) throw new Unsupported(`unsupported op ${op}`);
  const { layouts, trace } = row(attrs);
  const place = (name: string, key: string): Placed => ({
    ...tensorOf(tensors, key),
    layout: layouts[name] ?? same,
  });
  const names = [...withPrefix(tensors, 'in.').keys()];
  const inputs = new Map(names.map((name) => [name, place(name, `in.${name}`)]));
  const files = Object.fromEntries([...inputs].map(([name, { shape }]) => [name, shape]));
  const got = await evaluate(gpu, {
    inputs,
    y: place('y', 'out.y'),
    // The engine computes losses from f32, whatever networks are stored in.
    storage: Object.hasOwn(LOSS_OPS, op) ? 'f32' : gpu.storage,
    gout: diff.length ? place('y', 'gout.y') : null,
    wanted: (traced) => new Map(diff.map((name) => [name, traced[name]!])),
    fileOf: (name) => inputs.get(name)!,
    trace: (tape, traced) => trace(tape, traced, files),
  });
  return checkOutputs(got, tensors, barsFor(gpu, outputs));
}
