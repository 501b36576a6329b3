/** What this device offers beyond the lowest WebGPU limits; kernels ask here before they use an extra. */
export interface Features {
  readonly f16: boolean;
  /** Invocations of a subgroup where the device has one fixed size, else 0. */
  readonly subgroupSize: number;
  readonly timestamps: boolean;
  readonly subgroupMatrix: boolean;
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
    subgroupMatrix: has('chromium-experimental-subgroup-matrix'),
    immediates: gpu.wgslLanguageFeatures.has('immediate_address_space'),
    software: isFallbackAdapter === true,
  };
}
