import { navigatorGpu } from '#navigator-gpu';
import { WebError } from './web_error.ts';

/** What a browser offers, as far as the engine asks. */
export interface Support {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A software device: right but slow. */
  readonly software: boolean;
  readonly f16: boolean;
  readonly timestamps: boolean;
  /** Invocations of a subgroup where there are any and the size is fixed, else 0. */
  readonly subgroups: number;
  readonly limits: Readonly<Record<(typeof NEEDED)[number][0], number>>;
}

/** The lowest limits that WebGPU promises; compatibility adapters may have less. */
const NEEDED = [
  ['maxComputeInvocationsPerWorkgroup', 256],
  ['maxComputeWorkgroupStorageSize', 16_384],
  ['maxStorageBuffersPerShaderStage', 8],
  ['maxStorageBufferBindingSize', 134_217_728],
] as const;

function entryPoint(): GPU {
  try {
    return navigatorGpu();
  } catch (cause) {
    throw new WebError(
      'no-webgpu',
      'This browser has no WebGPU. Chrome and Edge 113, Safari 26 and Firefox 141 have it, on secure pages (https or localhost).',
      { cause },
    );
  }
}

/**
 * Looks at the browser's WebGPU before anything is downloaded or made.
 * @throws WebError `no-webgpu`, `no-adapter` or `limits`, with the remedy
 */
export async function checkSupport(): Promise<Support> {
  const adapter = await entryPoint().requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new WebError(
      'no-adapter',
      'WebGPU is here, but no graphics device answers: update the graphics driver, or allow hardware acceleration in the browser’s settings.',
    );
  const short = NEEDED.filter(([name, least]) => adapter.limits[name] < least);
  if (short.length) {
    const said = short.map(([name, least]) => `${name} is ${adapter.limits[name]}, ${least} are needed`);
    throw new WebError('limits', `This graphics device is too small: ${said.join('; ')}.`);
  }
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = adapter.info;
  // Some browsers leave the sizes out, or say 0.
  const fixed = subgroupMinSize > 0 && subgroupMinSize === subgroupMaxSize;
  return {
    vendor,
    architecture,
    description,
    software: isFallbackAdapter === true,
    f16: adapter.features.has('shader-f16'),
    timestamps: adapter.features.has('timestamp-query'),
    subgroups: adapter.features.has('subgroups') && fixed ? subgroupMinSize : 0,
    limits: Object.fromEntries(NEEDED.map(([name]) => [name, adapter.limits[name]])) as Support['limits'],
  };
}
