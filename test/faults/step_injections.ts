import type { Step } from '../../src/runtime/bind.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Launch } from '../../src/runtime/recording.ts';
import { showShape } from '../../src/runtime/shape.ts';
import type { Random } from '../../src/train/random.ts';
import type { Trainer } from '../../src/train/trainer.ts';
import { nthCall, replace, TEBIBYTE } from './gpu_injections.ts';

// What goes wrong on a device during a step of a training, or while the step is being made.

/** What a message must say: texts that all have to be in it. */
type Said = readonly string[];

/** Something that befalls a step: done just before it. @returns what its error has to say */
export interface StepInjection {
  readonly name: string;
  apply(gpu: Gpu, trainer: Trainer, random: Random): Said;
}

/** Something that befalls the making of a step: prepared on an open device. */
export interface MakingInjection {
  readonly name: string;
  apply(gpu: Gpu, random: Random): void;
  /** What the error has to say, of whichever launch. */
  readonly said: RegExp;
}

const PROGRAM = 'program losses: ';

/** A launch by its label and the shapes of its tensors. */
const named = ({ label, tensors }: Launch): Said => [
  PROGRAM,
  `(in ${label} `,
  ...tensors.map(({ shape }) => showShape(shape)),
];

const anyOf = <T>(all: readonly T[], random: Random): T => all[random.integer(all.length)]!;

const layoutOf = ({ launch: { kernel } }: Step) =>
  `${kernel.bindings.map(({ access }) => access)} ${kernel.params.length > 0}`;

/** Reports that memory is out, at the end of the next error scopes. */
function runOut(gpu: Gpu): void {
  nthCall(gpu.device, 'popErrorScope', 0, (pop) => {
    void pop();
    return Promise.resolve(new GPUOutOfMemoryError('injected: out of memory'));
  });
}

export const STEP_INJECTIONS: readonly StepInjection[] = [
  {
    name: 'a dispatch of 65,536 workgroups',
    apply(_, trainer, random) {
      const { launch } = anyOf(trainer.program.each, random);
      Object.assign(launch, { groups: [1, 65_536, 1] });
      return named(launch);
    },
  },
  {
    name: "another kernel's bind group",
    apply(_, trainer, random) {
      const { each } = trainer.program;
      const step = anyOf(each, random);
      const others = each.filter((other) => layoutOf(other) !== layoutOf(step));
      Object.assign(step, { bindings: anyOf(others, random).bindings });
      return named(step.launch);
    },
  },
  {
    name: 'a pipeline that the device refuses',
    apply(gpu, trainer, random) {
      const step = anyOf(trainer.program.each, random);
      const { device } = gpu;
      device.pushErrorScope('validation');
      const module = device.createShaderModule({ code: 'fn main( {' });
      const broken = device.createComputePipeline({ layout: 'auto', compute: { module } });
      void device.popErrorScope();
      Object.assign(step, { pipeline: broken });
      return named(step.launch);
    },
  },
  {
    name: 'a buffer that is destroyed',
    apply(_, trainer, random) {
      const { each } = trainer.program;
      const { buffer } = anyOf(anyOf(each, random).launch.tensors, random).storage;
      buffer!.destroy();
      return named(
        each.find(({ launch }) => launch.tensors.some((t) => t.storage.buffer === buffer))!.launch,
      );
    },
  },
  {
    name: 'out of memory',
    apply(gpu, trainer) {
      runOut(gpu);
      const bytes = ({ tensors }: Launch) => tensors.reduce((sum, t) => sum + t.storage.bytes, 0);
      const launches = [...trainer.program.once, ...trainer.program.each].map(({ launch }) => launch);
      const most = Math.max(...launches.map(bytes));
      const largest = launches.find((launch) => bytes(launch) === most)!;
      const shapes = largest.tensors.map(({ shape }) => showShape(shape));
      return [PROGRAM, `most is needed by ${largest.label} `, ...shapes, `${most} bytes`];
    },
  },
  {
    name: 'an error that nobody asked for',
    apply(gpu) {
      nthCall(gpu.device.queue, 'submit', 0, (real, values) => {
        const error = new Error('injected');
        gpu.device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
        return real(...values);
      });
      return ['losses: injected'];
    },
  },
  {
    name: 'a map that is refused',
    apply() {
      const { mapAsync } = GPUBuffer.prototype;
      GPUBuffer.prototype.mapAsync = async () => {
        GPUBuffer.prototype.mapAsync = mapAsync;
        throw new Error('injected');
      };
      return ['read of losses: injected'];
    },
  },
];

const WITH_SHAPES = /\((?:in|most is needed by) \S+ \w+ \[\d+(?:, \d+)*\]/;

export const MAKING_INJECTIONS: readonly MakingInjection[] = [
  {
    name: 'a pipeline that fails',
    said: new RegExp(`^[\\w/ ]+: injected ${WITH_SHAPES.source}`),
    apply: (gpu, random) =>
      nthCall(gpu.device, 'createComputePipelineAsync', random.integer(20), async () => {
        throw new Error('injected');
      }),
  },
  {
    name: 'WGSL that is broken',
    said: new RegExp(`^[\\w/ ]+:1:\\d+: .*${WITH_SHAPES.source}`),
    apply: (gpu, random) =>
      nthCall(gpu.device, 'createShaderModule', random.integer(20), (real, [about]) =>
        real({ ...(about as object), code: 'fn main( {' }),
      ),
  },
  {
    name: 'a buffer of 1 TiB',
    said: new RegExp(`^compile of program losses: .*${WITH_SHAPES.source}`),
    apply: (gpu, random) => {
      const nth = random.integer(4);
      let arenas = 0;
      replace(gpu.device, 'createBuffer', (create, [about]) => {
        const { label } = about as GPUBufferDescriptor;
        const isDue = label?.startsWith('arena') && arenas++ === nth;
        return create(isDue ? { ...(about as object), size: TEBIBYTE } : about);
      });
    },
  },
  {
    name: 'no memory for a buffer',
    said: new RegExp(`^compile of program losses: injected: out of memory ${WITH_SHAPES.source}`),
    apply: (gpu) =>
      replace(gpu.device, 'createBuffer', (create, [about]) => {
        if ((about as GPUBufferDescriptor).label === 'arena 0') runOut(gpu);
        return create(about);
      }),
  },
];
