import { createRequire } from 'node:module';
import { readAptSources } from '../../scripts/lavapipe.mjs';
import { readRelease } from '../../scripts/release.mjs';
import { remedy } from '../../scripts/remedy.mjs';
import { Gpu } from '../runtime/gpu.ts';
import type { Features } from '../runtime/limits.ts';
import { matmul } from '../runtime/ops/matmul.ts';
import { shippedChoices } from '../runtime/tuned_defaults.ts';
import { adapterAnswers } from './device.ts';
import { messageOf } from './errors.ts';
import { loadNative } from './images/native.ts';
import { isTunedOff, readTuned, tunedFile } from './tuned.ts';
import { findVulkanFiles, type VulkanFiles } from './vulkan_files.ts';

/** Limits that decide how large pictures and networks can be, and which kernels run. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** The device as the engine sees it. */
export interface DeviceFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly driver: string;
  readonly features: Features;
  readonly limits: Readonly<Record<(typeof LIMITS)[number], number>>;
  /** Largest difference of a product of matrices from the exact one, relative to its largest element. */
  readonly error: number;
  readonly tuned: TunedFacts;
}

/** Where the forms come from that this device's kernels take. */
export interface TunedFacts {
  readonly file: string;
  /** Kernels that `e2gan tune` has measured; null where it has not run on this device with this driver and version. */
  readonly measured: number | null;
  /** Kernels whose form the package brings along. */
  readonly shipped: number;
  /** `E2GAN_TUNED=off` is set. */
  readonly off: boolean;
}

/** What `doctor` finds out. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly device: DeviceFacts | null;
  /** Why there is no device, or why it cannot be trusted. */
  readonly problem: string | null;
  readonly vulkan: VulkanFiles | null;
  readonly versions: Readonly<Record<string, string | null>>;
  /** What is missing and the commands that mend it. */
  readonly missing: readonly { readonly what: string; readonly commands: readonly string[] }[];
}

const TOLERANCE = 1e-5;
const EDGE = 24;

/** Examines this machine. */
export async function diagnose(version: string): Promise<Diagnosis> {
  const { device, problem } = await examine();
  const sharp = await loadNative();
  const missing = [];
  if (problem !== null) {
    const commands = remedy(process.platform, await readRelease(), await readAptSources());
    missing.push({ what: 'a WebGPU device that works', commands });
  }
  if (!sharp) missing.push({ what: 'sharp, to read AVIF and TIFF', commands: ['npm install sharp'] });
  return {
    ok: problem === null,
    device,
    problem,
    vulkan: await findVulkanFiles(),
    versions: {
      e2gan: version,
      node: process.versions.node,
      webgpu: (createRequire(import.meta.url)('webgpu/package.json') as { version: string }).version,
      sharp: sharp?.versions.sharp ?? null,
    },
    missing,
  };
}

/** Opens the device and lets it compute. */
async function examine(): Promise<Pick<Diagnosis, 'device' | 'problem'>> {
  let gpu: Gpu | undefined;
  try {
    gpu = await Gpu.open();
    const { vendor, architecture, device, description: driver } = gpu.info;
    const { limits: all } = gpu.device;
    const limits = Object.fromEntries(LIMITS.map((name) => [name, all[name]])) as DeviceFacts['limits'];
    const error = await productError(gpu);
    const tuned = {
      file: tunedFile(gpu.info),
      measured: (await readTuned(gpu.info))?.size ?? null,
      shipped: shippedChoices(gpu.info).size,
      off: isTunedOff(),
    };
    const problem = error <= TOLERANCE ? null : `the device computes wrong numbers (relative error ${error})`;
    return {
      device: { vendor, architecture, device, driver, features: gpu.features, limits, error, tuned },
      problem,
    };
  } catch (error) {
    const problem = (await adapterAnswers()) ? messageOf(error) : 'no WebGPU adapter answers';
    return { device: null, problem };
  } finally {
    gpu?.close();
  }
}

/** Multiplies two matrices of small whole numbers, which floats hold exactly. */
async function productError(gpu: Gpu): Promise<number> {
  const a = Float32Array.from({ length: EDGE * EDGE }, (_, i) => ((i * 7) % 11) - 5);
  const b = Float32Array.from({ length: EDGE * EDGE }, (_, i) => ((i * 5) % 13) - 6);
  const shape = [EDGE, EDGE];
  const program = await gpu.compile(() => ({
    y: matmul(null, gpu.input('a', shape), gpu.input('b', shape)),
  }));
  const { y } = await program.run({ a, b });
  program.dispose();
  let [largest, difference] = [0, 0];
  for (let i = 0; i < EDGE * EDGE; i++) {
    let exact = 0;
    for (let k = 0; k < EDGE; k++) exact += a[i - (i % EDGE) + k]! * b[k * EDGE + (i % EDGE)]!;
    largest = Math.max(largest, Math.abs(exact));
    difference = Math.max(difference, Math.abs(exact - y![i]!));
  }
  return difference / largest;
}
