import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu, type OpenOptions } from '../../src/runtime/gpu.ts';
import type { Program } from '../../src/runtime/program.ts';
import { extentOf, product, type Shape } from '../../src/runtime/shape.ts';
import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { normals, type OpSpec, type Values } from './spec.ts';

type Named<T> = Readonly<Record<string, T>>;

const rms = (data: ArrayLike<number>): number =>
  Math.sqrt(Array.from(data).reduce((sum, v) => sum + v * v, 0) / Math.max(1, data.length));

const filled = (shape: Shape, next: () => number): Values => ({
  shape,
  // Rounded to float32, so that the device and the reference see the same numbers.
  data: Float64Array.from({ length: product(shape) }, () => Math.fround(next())),
});

interface Data {
  readonly inputs: Named<Values>;
  readonly constants: Named<Values>;
  readonly gout: Values;
}

function dataOf(spec: OpSpec, c: object): Data {
  const draw = normals(spec.name.length * 7919 + JSON.stringify(c).length);
  const fill = spec.fill?.bind(spec) ?? ((_c: object, _name: string, next: () => number) => next());
  const inputs = Object.fromEntries(
    Object.entries(spec.inputs(c)).map(([name, shape]) => [name, filled(shape, () => fill(c, name, draw))]),
  );
  const constants = spec.constants?.(c, draw) ?? {};
  const { shape } = spec.reference(c, { ...inputs, ...constants });
  return { inputs, constants, gout: filled(shape, draw) };
}

/** Forward and gradients of one case as a program; outputs `y` and `d.<input>`. */
function compileCase(gpu: Gpu, spec: OpSpec, c: object, data: Data): Promise<Program> {
  return gpu.compile(() => {
    const declare = ([name, v]: [string, Values]): [string, Tensor] => [name, gpu.input(name, v.shape)];
    const inputs = Object.fromEntries(Object.entries(data.inputs).map(declare));
    const constants = Object.fromEntries(Object.entries(data.constants).map(declare));
    const tape = new Tape();
    tape.watch(Object.values(inputs));
    const y = spec.run(tape, c, { ...inputs, ...constants });
    assert.equal([...y.shape], [...data.gout.shape], 'shape of y');
    if (spec.tolerance.grad === null) return { y };
    const gradients = tape.gradients(y, gpu.input('gout', data.gout.shape), Object.values(inputs));
    return { y, ...Object.fromEntries(Object.keys(inputs).map((name, i) => [`d.${name}`, gradients[i]!])) };
  });
}

/** Every buffer of the program as NaN, so that what is not written shows. */
function poison(gpu: Gpu, program: Program): void {
  for (const buffer of program.buffers) {
    if (buffer.usage & GPUBufferUsage.STORAGE) {
      gpu.device.queue.writeBuffer(buffer, 0, new Float32Array(buffer.size / 4).fill(Number.NaN));
    }
  }
}

function close(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  scale: number,
  tolerance: number,
  what: string,
): void {
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i]! - want[i]!);
    if (!(error <= tolerance * scale)) {
      assert.unreachable(
        `${what}[${i}] is ${got[i]}, the reference ${want[i]}; off by ${error / scale} of its rms ${scale}`,
      );
    }
  }
}

// Elements per input that are differenced: fewer where the plain loops of the reference take long.
const SAMPLES = { cheap: 24, dear: 6, dearFlops: 200_000 };

/** Central differences of sum(gout * reference) at a seeded sample of one input's elements. */
function differences(spec: OpSpec, c: object, data: Data, name: string): { index: number; value: number }[] {
  const all = { ...data.inputs, ...data.constants };
  const x = data.inputs[name]!;
  const loss = (): number =>
    spec.reference(c, all).data.reduce((sum, v, i) => sum + v * data.gout.data[i]!, 0);
  const samples = spec.flops(c) > SAMPLES.dearFlops ? SAMPLES.dear : SAMPLES.cheap;
  const stride = Math.max(1, Math.floor(x.data.length / samples));
  const found = [];
  for (let index = x.data.length > samples ? stride >> 1 : 0; index < x.data.length; index += stride) {
    const centre = x.data[index]!;
    const h = 1e-5 * Math.max(1, Math.abs(centre));
    x.data[index] = centre + h;
    const above = loss();
    x.data[index] = centre - h;
    const below = loss();
    x.data[index] = centre;
    found.push({ index, value: (above - below) / (2 * h) });
  }
  return found;
}

async function checkCase(gpu: Gpu, spec: OpSpec, c: object): Promise<void> {
  const data = dataOf(spec, c);
  const program = await compileCase(gpu, spec, c, data);
  poison(gpu, program);
  const given = Object.fromEntries(
    Object.entries({ ...data.inputs, ...data.constants, gout: data.gout })
      .filter(([name]) => program.inputs.has(name))
      .map(([name, v]) => [name, v.data]),
  );
  const first = await program.run(given);
  const second = await program.run(given);
  for (const [name, values] of Object.entries(first)) {
    assert.equal(Buffer.from(values.buffer), Buffer.from(second[name]!.buffer), `${name}: two runs differ`);
  }
  const want = spec.reference(c, { ...data.inputs, ...data.constants });
  close(first.y!, want.data, Math.max(rms(want.data), 1e-6), spec.tolerance.forward, 'y');
  const { grad } = spec.tolerance;
  if (grad !== null) {
    for (const name of Object.keys(data.inputs)) {
      const got = first[`d.${name}`]!;
      const samples = differences(spec, c, data, name);
      const scale = Math.max(rms(got), rms(samples.map((s) => s.value)), 1e-3 * rms(data.gout.data));
      close(
        samples.map((s) => got[s.index]!),
        samples.map((s) => s.value),
        scale,
        grad,
        `d.${name}`,
      );
    }
  }
  for (const [name, tensor] of Object.entries(program.outputs)) await checkPadding(gpu, name, tensor);
  program.dispose();
}

/** The padding of every output must be zero: kernels rely on it. */
async function checkPadding(gpu: Gpu, name: string, tensor: Tensor): Promise<void> {
  const { pitch, rows } = extentOf(tensor.shape);
  const last = tensor.shape.at(-1) ?? 1;
  if (pitch === last) return;
  const raw = await gpu.read(tensor.view(tensor.shape).asStored());
  for (let r = 0; r < rows; r++) {
    for (let i = last; i < pitch; i++)
      assert.is(raw[r * pitch + i], 0, `${name}: padding of row ${r} is not zero`);
  }
}

/** Devices that nothing is forced on, and those with the families that every device has. */
export const anyCore: readonly OpenOptions[] = [
  {},
  { family: 'plain' },
  { family: 'tiled' },
  { family: 'deep' },
];

/** Registers a test per case: value, gradient, determinism, padding; on a device opened in each of these ways. */
export function runSpecs(specs: readonly OpSpec[], ways: readonly OpenOptions[] = [{}]): void {
  const gpus: Gpu[] = [];
  test.before(async () => {
    for (const way of ways) gpus.push(await Gpu.open(way));
  });
  test.after(() => {
    for (const gpu of gpus) gpu.close();
  });
  for (const spec of specs) {
    for (const c of spec.cases) {
      test(`${spec.name} ${JSON.stringify(c)}`, async () => {
        for (const gpu of gpus) await checkCase(gpu, spec, c);
      });
    }
  }
  test.run();
}
