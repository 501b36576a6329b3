import { attentionReference } from '../../test/ops/attention.ts';
import type { Values } from '../../test/ops/spec.ts';
import type { FloatsByName } from '../graph/values.ts';
import type { Expected } from '../verdict.ts';
import { firstOf, firstValues } from './channels.ts';

/** Softmax of the scores, row by row: `[lq, lk]`. */
function weightsOf(q: Values, k: Values): Float64Array {
  const [, lq, d] = q.shape as [number, number, number];
  const lk = k.shape[1]!;
  const p = new Float64Array(lq * lk);
  for (let i = 0; i < lq; i++) {
    const row = p.subarray(i * lk, (i + 1) * lk);
    for (let j = 0; j < lk; j++) {
      let score = 0;
      for (let e = 0; e < d; e++) score += q.data[i * d + e]! * k.data[j * d + e]!;
      row[j] = score / Math.sqrt(d);
    }
    const top = row.reduce((a, b) => Math.max(a, b));
    for (let j = 0; j < lk; j++) row[j] = Math.exp(row[j]! - top);
    const sum = row.reduce((a, b) => a + b);
    for (let j = 0; j < lk; j++) row[j]! /= sum;
  }
  return p;
}

/** Gradients of one head: dv = p^T dy; ds = p (dy v^T - rowsum(p dy v^T)); dq = ds k, dk = ds^T q, over sqrt(d). */
function gradients(q: Values, k: Values, v: Values, dy: Values): Record<'q' | 'k' | 'v', Float64Array> {
  const [, lq, d] = q.shape as [number, number, number];
  const lk = k.shape[1]!;
  const p = weightsOf(q, k);
  const [dq, dk, dv] = [new Float64Array(lq * d), new Float64Array(lk * d), new Float64Array(lk * d)];
  const dp = new Float64Array(lk);
  for (let i = 0; i < lq; i++) {
    let mixed = 0;
    for (let j = 0; j < lk; j++) {
      let sum = 0;
      for (let e = 0; e < d; e++) sum += dy.data[i * d + e]! * v.data[j * d + e]!;
      dp[j] = sum;
      mixed += sum * p[i * lk + j]!;
    }
    for (let j = 0; j < lk; j++) {
      const share = p[i * lk + j]!;
      const ds = (share * (dp[j]! - mixed)) / Math.sqrt(d);
      for (let e = 0; e < d; e++) {
        dv[j * d + e]! += share * dy.data[i * d + e]!;
        dq[i * d + e]! += ds * k.data[j * d + e]!;
        dk[j * d + e]! += ds * q.data[i * d + e]!;
      }
    }
  }
  return { q: dq, k: dk, v: dv };
}

/** Attention's first head and, where there is a `dy`, its gradients; batch 1, one size for keys and values. */
export function attentionExpected(values: FloatsByName, heads: number): Expected[] {
  const d = values.get('q')!.shape[2]! / heads;
  const head = (name: string) => firstValues(values.get(name)!, 2, d);
  const placesOf = (name: string) => firstOf(values.get(name)!, 2, d).places;
  const [q, k, v] = [head('q'), head('k'), head('v')];
  const [b, lq, lk] = [1, q.shape[1]!, k.shape[1]!];
  const y = attentionReference({ b, lq, lk, heads: 1, d, dv: d }, q, k, v, null);
  const forward = { output: 'y', places: placesOf('q'), values: y.data };
  if (!values.has('dy')) return [forward];
  const grads = gradients(q, k, v, head('dy'));
  const back = (['q', 'k', 'v'] as const).map((name) => ({
    output: `d ${name}`,
    places: placesOf(name),
    values: grads[name],
  }));
  return [forward, ...back];
}
