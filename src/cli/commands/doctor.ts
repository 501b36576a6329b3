import { basename } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { type DeviceFacts, type Diagnosis, diagnose, type TunedFacts } from '../diagnosis.ts';
import { UserError } from '../errors.ts';
import { formatBytes } from '../files.ts';
import { packageVersion } from '../version.ts';

function tunedLine({ file, measured, shipped, off }: TunedFacts): string {
  const known = [`${measured ?? 0} kernels measured here`, `${shipped} forms shipped`].join(', ');
  const state = measured === null ? `not yet (${known}); npx e2gan tune would write` : `${known}, in`;
  return `tuned     ${off ? 'off by E2GAN_TUNED; ' : ''}${state} ${file}`;
}

function deviceLines({
  vendor,
  architecture,
  device,
  driver,
  features,
  limits,
  error,
  tuned,
}: DeviceFacts): string[] {
  const { f16, subgroupSize, timestamps, subgroupMatrix, immediates, software } = features;
  const offered = { f16, timestamps, 'subgroup matrices': subgroupMatrix, immediates };
  const uses = Object.entries(offered).map(([name, there]) => `${there ? '' : 'no '}${name}`);
  const lanes = subgroupSize > 0 ? `subgroups of ${subgroupSize}` : 'no subgroups of one size';
  const storage = formatBytes(limits.maxStorageBufferBindingSize);
  return [
    `device    ${[vendor, architecture, device].filter(Boolean).join(' ')}`,
    `driver    ${driver || 'not named'}`,
    `kind      ${software ? 'software: right but slow; a GPU with its own driver is far faster' : 'GPU'}`,
    `features  ${[lanes, ...uses].join(', ')}`,
    `limits    ${formatBytes(limits.maxBufferSize)} a buffer, ${storage} a binding, ${limits.maxStorageBuffersPerShaderStage} bindings, ` +
      `${limits.maxComputeInvocationsPerWorkgroup} invocations and ${formatBytes(limits.maxComputeWorkgroupStorageSize)} a workgroup`,
    `check     a product of matrices: ${error === 0 ? 'exact' : `relative error ${error.toExponential(1)}`}`,
    tunedLine(tuned),
  ];
}

/** The diagnosis as lines for people. */
function describe({ device, problem, vulkan, versions, missing }: Diagnosis): string[] {
  const list = (paths: readonly string[]) => paths.join(', ') || 'none found';
  const names = vulkan?.drivers.map((path) => basename(path)) ?? [];
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version ?? 'absent'}`);
  return [
    ...(device ? deviceLines(device) : []),
    ...(vulkan ? [`vulkan    loader: ${list(vulkan.loaders)}`, `          drivers: ${list(names)}`] : []),
    `versions  ${known.join(', ')}`,
    ...(problem === null ? [] : [`${pc.red('problem')}   ${problem}`]),
    ...missing.flatMap(({ what, commands }) => ['', `missing: ${what}; this mends it:`, ...commands]),
  ];
}

async function doctor({ json }: { readonly json?: boolean }): Promise<void> {
  const diagnosis = await diagnose(packageVersion);
  console.log(json ? JSON.stringify(diagnosis, null, 2) : describe(diagnosis).join('\n'));
  if (!diagnosis.ok) throw new UserError(`no device works: ${diagnosis.problem}`);
}

/** `e2gan doctor`: what this machine offers, what is missing and the command that mends it. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say which device, drivers and packages there are, and what mends what is missing')
    .option('--json', 'print JSON')
    .action(doctor);
}
