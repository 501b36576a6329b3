import { Gpu } from '../src/runtime/gpu.ts';
import type { Program } from '../src/runtime/program.ts';
import { Tape } from '../src/runtime/tape.ts';
import type { Tensor } from '../src/runtime/tensor.ts';
import { opSpecs } from '../test/ops/index.ts';
import { normals, type OpSpec, type Values } from '../test/ops/spec.ts';

// node dist/bench/ops.bench.mjs [filter]: GPU time of each op's largest case, forward and backward, by kernel.

const REPEATS = 5;

function compile(gpu: Gpu, spec: OpSpec, c: object): Promise<Program> {
  return gpu.compile(() => {
    const shapes = Object.entries(spec.inputs(c));
    const inputs = Object.fromEntries(shapes.map(([name, shape]) => [name, gpu.input(name, shape)]));
    const fixed = Object.entries(spec.constants?.(c, normals(1)) ?? {}) as [string, Values][];
    const constants = Object.fromEntries(
      fixed.map(([name, v]): [string, Tensor] => [name, gpu.input(name, v.shape)]),
    );
    const tape = new Tape();
    tape.watch(Object.values(inputs));
    const y = spec.run(tape, c, { ...inputs, ...constants });
    if (spec.tolerance.grad === null) return { y };
    const gradients = tape.gradients(y, gpu.input('gout', y.shape), Object.values(inputs));
    return { y, ...Object.fromEntries(gradients.map((g, i) => [`d${i}`, g])) };
  });
}

const filter = process.argv[2] ?? '';
const gpu = await Gpu.open();
console.log(`${gpu.info.description || gpu.info.device}, median of ${REPEATS}`);
for (const spec of opSpecs.filter((s) => s.name.includes(filter))) {
  const largest = [...spec.cases].sort((a, b) => spec.flops(b) - spec.flops(a))[0]!;
  const program = await compile(gpu, spec, largest);
  for (const { label, core, ms, flops, bytes } of await program.profile(REPEATS)) {
    const [gflops, gbytes] = [flops / ms / 1e6, bytes / ms / 1e6];
    const numbers = `${ms.toFixed(3).padStart(9)} ms ${gflops.toFixed(2).padStart(8)} GFLOP/s ${gbytes.toFixed(2).padStart(7)} GB/s`;
    console.log(`${spec.name.padEnd(20)} ${label.padEnd(24)} ${(core ?? '').padEnd(20)} ${numbers}`);
  }
  program.dispose();
}
gpu.close();
