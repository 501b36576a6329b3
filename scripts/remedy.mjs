// @ts-check
// What to tell a user whose machine has no device, and where nothing could be installed.
import { aptPlan } from './apt_sources.mjs';

/** @type {Record<string, string[]>} */
const BY_FAMILY = {
  fedora: ['sudo dnf install mesa-vulkan-drivers vulkan-loader'],
  rhel: ['sudo dnf install mesa-vulkan-drivers vulkan-loader'],
  arch: ['sudo pacman -S vulkan-swrast vulkan-icd-loader'],
  alpine: [
    'apk add mesa-vulkan-swrast vulkan-loader',
    "# npm's webgpu is built for glibc; where it does not load on Alpine, take a Debian or Ubuntu image",
  ],
};
const GENERAL = [
  "# install Mesa's Vulkan drivers, version 24 or newer, and the Vulkan loader (libvulkan.so.1)",
];
const ELSEWHERE = ['# update the graphics driver: Direct3D 12 or Metal has to work'];

/**
 * The commands that bring a device, as a user can paste them.
 * @param {NodeJS.Platform} platform
 * @param {import('./release.mjs').Release} release
 * @param {import('./apt_sources.mjs').Source[]} sources the machine's own, on Debian and Ubuntu
 */
export function remedy(platform, release, sources) {
  if (platform !== 'linux') return ELSEWHERE;
  if (release.family.includes('debian')) return aptCommands(release, sources);
  const family = release.family.find((name) => name in BY_FAMILY);
  return (family && BY_FAMILY[family]) || GENERAL;
}

/** @param {import('./release.mjs').Release} release @param {import('./apt_sources.mjs').Source[]} sources */
function aptCommands(release, sources) {
  const { source, commands } = aptPlan(release, sources);
  const write = source
    ? [`sudo tee ${source.path} <<'END'`, ...source.text.trimEnd().split('\n'), 'END']
    : [];
  return [...write, ...commands.map((args) => `sudo apt-get ${args.join(' ')}`)];
}
