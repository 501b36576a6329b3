import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What Vulkan's loader would work with, as paths. */
export interface VulkanFiles {
  readonly loaders: readonly string[];
  readonly drivers: readonly string[];
}

const LOADER = /^libvulkan\.so\.1$/;
const DRIVER = /\.json$/;
const LIBRARY_FOLDERS = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
];
const DRIVER_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  join(homedir(), '.local/share/vulkan/icd.d'),
];

/** Looks where Linux keeps Vulkan's loader and drivers; null elsewhere, where Dawn uses Direct3D 12 or Metal. */
export async function findVulkanFiles(env: NodeJS.ProcessEnv = process.env): Promise<VulkanFiles | null> {
  if (process.platform !== 'linux') return null;
  const chosen = split(env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES);
  return {
    loaders: await search([...split(env.LD_LIBRARY_PATH), ...LIBRARY_FOLDERS], LOADER),
    drivers: chosen.length > 0 ? chosen : await search(DRIVER_FOLDERS, DRIVER),
  };
}

const split = (paths: string | undefined): string[] => paths?.split(delimiter).filter(Boolean) ?? [];

async function search(folders: readonly string[], pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    found.push(...names.filter((name) => pattern.test(name)).map((name) => join(folder, name)));
  }
  return found;
}
