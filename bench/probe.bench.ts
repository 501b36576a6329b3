import { Gpu } from '../src/runtime/gpu.ts';
import { conv2d } from '../src/runtime/ops/conv2d.ts';
import { convTranspose2d } from '../src/runtime/ops/conv_transpose2d.ts';
import { matmul } from '../src/runtime/ops/matmul.ts';
import { Tape } from '../src/runtime/tape.ts';
const gpu = await Gpu.open();
async function time(name: string, build: () => Record<string, any>) {
  const p = await gpu.compile(build);
  const t = await p.profile(3);
  for (const k of t) console.log(name.padEnd(28), k.label.padEnd(18), String(k.core).padEnd(14), k.ms.toFixed(1).padStart(8), 'ms', (k.flops / k.ms / 1e6).toFixed(2), 'GF/s');
  p.dispose();
}
const conv = (n: string, s: number[], k: number, co: number, opt: any, grad = true) => time(n, () => {
  const x = gpu.input('x', s); const w = gpu.input('w', [k, k, s[3]!, co]);
  const tape = new Tape(); tape.watch([x, w]);
  const y = conv2d(tape, x, w, null, opt);
  if (!grad) return { y };
  const [dx, dw] = tape.gradients(y, gpu.input('g', y.shape), [x, w]);
  return { y, dx: dx!, dw: dw! };
});
await time('matmul 512', () => ({ y: matmul(null, gpu.input('a', [512, 512]), gpu.input('b', [512, 512])) }));
await time('matmul 512 TB', () => ({ y: matmul(null, gpu.input('a', [512, 512]), gpu.input('b', [512, 512]), { transB: true }) }));
await conv('conv3x3 256ch 64', [1, 64, 64, 256], 3, 256, { padding: [1, 1] });
await conv('conv3x3s2 16-32 64', [1, 64, 64, 16], 3, 32, { padding: [1, 1], stride: [2, 2] });
await conv('conv3x3 64ch 16', [1, 16, 16, 64], 3, 64, { padding: [1, 1] });
await conv('stem 3-16 64', [1, 70, 70, 3], 7, 16, {});
await conv('head 16-3 64', [1, 70, 70, 16], 7, 3, {});
gpu.close();
