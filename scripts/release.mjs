// @ts-check
// Which Linux distribution this is, as /etc/os-release says.
import { readFile } from 'node:fs/promises';

/** @typedef {{ id: string, codename: string, family: string[] }} Release family: its own name and those it is like */

/** @returns {Promise<Release>} empty names where the system does not say */
export async function readRelease() {
  return parseRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''));
}

/** @param {string} text of /etc/os-release @returns {Release} */
export function parseRelease(text) {
  const lines = text.matchAll(/^(\w+)=["']?(.*?)["']?$/gm);
  const fields = new Map([...lines].map(([, name, value]) => [name, value ?? '']));
  const id = fields.get('ID') ?? '';
  const family = [id, ...(fields.get('ID_LIKE') ?? '').split(' ')].filter(Boolean);
  return { id, codename: fields.get('VERSION_CODENAME') ?? '', family };
}
