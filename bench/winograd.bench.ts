import { deviceWait } from '#navigator-gpu';
import { Gpu } from '../src/runtime/gpu.ts';
import type { ConvGeometry } from '../src/runtime/ops/conv_geometry.ts';
import { convForward, convGradX } from '../src/runtime/ops/conv2d.ts';
import { winogradForward, winogradGradX, winogradTiles } from '../src/runtime/ops/winograd.ts';
import type { Program } from '../src/runtime/program.ts';
import type { Tensor } from '../src/runtime/tensor.ts';
import { normals } from '../test/ops/spec.ts';

// node dist/bench-winograd.mjs [channels,edge ...]: processor time of 3x3 convolutions, stride 1, of as many channels out
// as in, by implicit GEMM and by both Winograd tiles, with frozen weights and with weights that are transformed
// at each run. Medians of interleaved runs, on software devices: the time of all threads, so that other load counts little.

const ROUNDS = 15;
const FORMS = ['gemm', ...winogradTiles] as const;

type Form = (typeof FORMS)[number];

const geometryOf = (channels: number, edge: number): ConvGeometry => ({
  ...{ n: 1, h: edge, w: edge, cin: channels, oh: edge, ow: edge, cout: channels, kh: 3, kw: 3 },
  ...{ stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
});

function trace(g: ConvGeometry, form: Form, pass: 'forward' | 'grad_x', x: Tensor, w: Tensor): Tensor {
  if (pass === 'forward')
    return form === 'gemm'
      ? convForward(g, x, w, null, null)
      : winogradForward(form, g, { x, padding: g.padding, mode: 'zeros' }, w, null, null);
  return form === 'gemm' ? convGradX(g, x, w, null) : winogradGradX(form, g, x, w, null);
}

async function processorTime(gpu: Gpu, program: Program): Promise<number> {
  const before = process.cpuUsage();
  program.submit();
  await deviceWait(gpu.device.queue.onSubmittedWorkDone());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function compare(gpu: Gpu, channels: number, edge: number): Promise<void> {
  const g = geometryOf(channels, edge);
  const draw = normals(1);
  const noise = (n: number) => Float32Array.from({ length: n }, draw);
  const frozen = gpu.parameter('w', [3, 3, channels, channels], noise(9 * channels * channels));
  const x = gpu.parameter('x', [1, edge, edge, channels], noise(edge * edge * channels));
  const programs = new Map<string, Program>();
  for (const pass of ['forward', 'grad_x'] as const)
    for (const weights of ['frozen', 'trained'] as const)
      for (const form of FORMS) {
        const program = await gpu.compile(() => {
          const picture = gpu.input('x', x.shape);
          const w = weights === 'frozen' ? frozen : gpu.input('w', frozen.shape);
          return { y: trace(g, form, pass, picture, w) };
        });
        program.write({ x: noise(x.size), ...(weights === 'trained' ? { w: noise(frozen.size) } : {}) });
        programs.set(`${pass} ${weights} ${form}`, program);
      }
  const times = new Map([...programs.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, program] of programs) {
      const ms = await processorTime(gpu, program);
      if (round >= 0) times.get(name)!.push(ms);
    }
  for (const pass of ['forward', 'grad_x'])
    for (const weights of ['frozen', 'trained']) {
      const of = (form: Form) => median(times.get(`${pass} ${weights} ${form}`)!);
      const numbers = FORMS.map(
        (form) => `${form} ${of(form).toFixed(2)} (${(of('gemm') / of(form)).toFixed(2)}x)`,
      );
      console.log(`${channels}ch ${edge}x${edge} ${pass} ${weights}: ${numbers.join('  ')}`);
    }
  for (const program of programs.values()) program.dispose();
}

const sizes = process.argv.slice(2).map((a) => a.split(',').map(Number) as [number, number]);
const gpu = await Gpu.open({ winograd: 'off' });
console.log(
  `${gpu.info.description || gpu.info.device}: processor milliseconds of all threads, median of ${ROUNDS}`,
);
for (const [channels, edge] of sizes.length
  ? sizes
  : ([
      [256, 64],
      [128, 64],
      [64, 128],
      [64, 16],
    ] as const))
  await compare(gpu, channels, edge);
gpu.close();
