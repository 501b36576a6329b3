import { assemble, type Specials } from '#kernels/assemble.ts';
import { type AnyKernel, type Fragment, PARAMS_BINDING } from '#kernels/kernel.ts';
import { KernelError } from './errors.ts';
import { halvesOf, type Launch } from './recording.ts';

function textOf(
  label: string,
  kernel: AnyKernel,
  core: Fragment | null,
  specials: Specials,
  halves: readonly string[],
): string {
  try {
    return assemble(kernel, core, specials, new Set(halves));
  } catch (error) {
    throw new KernelError(`${label}: ${(error as Error).message}`);
  }
}

function layoutEntries(kernel: AnyKernel): GPUBindGroupLayoutEntry[] {
  const visibility = GPUShaderStage.COMPUTE;
  const buffers = kernel.bindings.map((b, binding) => ({
    binding,
    visibility,
    buffer: { type: b.access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
  }));
  const params = { binding: PARAMS_BINDING, visibility, buffer: { type: 'uniform' as const } };
  return kernel.params.length ? [...buffers, params] : buffers;
}

/** Compiled kernels by (kernel, core, overrides, specials, bindings of f16); callers that ask at the same time share one compile. */
export class Pipelines {
  readonly #compiled = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly device: GPUDevice;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** Layout of a kernel's bind group: storage buffers in its order, then its params where it has any. */
  layout(kernel: AnyKernel): GPUBindGroupLayout {
    const key = [...kernel.bindings.map((b) => b.access), ...(kernel.params.length ? ['params'] : [])].join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({ entries: layoutEntries(kernel) });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  get(launch: Launch): Promise<GPUComputePipeline> {
    const { kernel, core, overrides, specials } = launch;
    const key = JSON.stringify([kernel.name, core, overrides, specials, halvesOf(launch)]);
    let pipeline = this.#compiled.get(key);
    if (!pipeline) {
      pipeline = this.#compile(launch);
      this.#compiled.set(key, pipeline);
    }
    return pipeline;
  }

  async #compile(launch: Launch): Promise<GPUComputePipeline> {
    const { kernel, core, overrides, specials } = launch;
    const fragment = core ? kernel.cores[core] : null;
    if (fragment === undefined) throw new KernelError(`${kernel.name}: has no core ${core}`);
    const label = core ? `${kernel.name} on ${core}` : kernel.name;
    const module = await this.#module(label, textOf(label, kernel, fragment, specials, halvesOf(launch)));
    const layout = this.device.createPipelineLayout({
      bindGroupLayouts: [this.layout(kernel)],
    });
    const constants = Object.fromEntries(Object.entries(overrides).map(([k, v]) => [k, Number(v)]));
    try {
      return await this.device.createComputePipelineAsync({ label, layout, compute: { module, constants } });
    } catch (error) {
      throw new KernelError(`${label}: ${(error as Error).message}`);
    }
  }

  async #module(label: string, code: string): Promise<GPUShaderModule> {
    // In a scope of its own: the messages below say more than the error, which would fail the whole device.
    this.device.pushErrorScope('validation');
    const module = this.device.createShaderModule({ label, code });
    const refused = this.device.popErrorScope();
    const { messages } = await module.getCompilationInfo();
    const wrong = messages.find((m) => m.type === 'error');
    if (wrong) throw new KernelError(`${label}:${wrong.lineNum}:${wrong.linePos}: ${wrong.message}`);
    const error = await refused;
    if (error) throw new KernelError(`${label}: ${error.message}`);
    return module;
  }
}
