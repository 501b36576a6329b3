/** Matrix units: left `[M, K]` times right `[K, N]`, by subgroups of `lanes`. */
export interface SubgroupMatrix {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly lanes: number;
  /** The device's WGSL has the extension's first syntax alone. */
  readonly early: boolean;
}

interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** The largest configuration that takes f16 and sums in f32. Which syntax it wants is found by compiling (subgroup_matrix.ts). */
export function matrixOf(adapter: GPUAdapter): SubgroupMatrix | null {
  const info = adapter.info as GPUAdapterInfo & { subgroupMatrixConfigs?: readonly MatrixConfig[] };
  const { subgroupMatrixConfigs: configs = [], subgroupMaxSize: lanes } = info;
  const fit = configs.filter((c) => c.componentType === 'f16' && c.resultComponentType === 'f32');
  const [best] = [...fit].sort((a, b) => b.M * b.N * b.K - a.M * a.N * a.K);
  if (!best || !adapter.features.has('shader-f16') || !lanes) return null;
  return { M: best.M, N: best.N, K: best.K, lanes, early: false };
}

/** What this device offers beyond the lowest WebGPU limits; kernels ask here before they use an extra. */
export interface Features {
  readonly f16: boolean;
  /** Invocations of a subgroup where the device has one fixed size, else 0. */
  readonly subgroupSize: number;
  readonly timestamps: boolean;
  /** Null where the device has no matrix units that take f16 and sum in f32. */
  readonly subgroupMatrix: SubgroupMatrix | null;
  readonly immediates: boolean;
  /** Software device: numbers are right, speed is not a GPU's. */
  readonly software: boolean;
}

const wanted: readonly string[] = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  'chromium-experimental-subgroup-matrix',
];

/** The optional features that this adapter has, of those the engine can use. */
export function featuresToRequest(adapter: GPUAdapter): GPUFeatureName[] {
  return wanted.filter((f) => adapter.features.has(f)) as GPUFeatureName[];
}

/** The adapter's own limits for sizes; all else stays at the default, so that nothing comes to depend on more. */
export function limitsToRequest(adapter: GPUAdapter): Record<string, number> {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return { maxBufferSize, maxStorageBufferBindingSize };
}

export function negotiate(gpu: GPU, adapter: GPUAdapter): Features {
  const has = (name: string) => adapter.features.has(name);
  const { subgroupMinSize = 0, subgroupMaxSize = 0, isFallbackAdapter } = adapter.info;
  const fixed = has('subgroups') && subgroupMinSize > 0 && subgroupMinSize === subgroupMaxSize;
  return {
    f16: has('shader-f16'),
    subgroupSize: fixed ? subgroupMinSize : 0,
    timestamps: has('timestamp-query'),
    subgroupMatrix: has('chromium-experimental-subgroup-matrix') ? matrixOf(adapter) : null,
    immediates: gpu.wgslLanguageFeatures.has('immediate_address_space'),
    software: isFallbackAdapter === true,
  };
}
