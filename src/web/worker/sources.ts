import type { FileSource } from '../download.ts';
import type { AdapterSource, SmallerBase } from '../model_files.ts';

/** An address as the page means it: a worker would look beside itself. */
export const absolute = (source: FileSource): Exclude<FileSource, URL> =>
  typeof source === 'string' || source instanceof URL ? new URL(source, document.baseURI).href : source;

/** The same for both files of an adapter. */
export function absoluteAdapter(source: FileSource | AdapterSource): FileSource | AdapterSource {
  if (typeof source !== 'object' || !('weights' in source)) return absolute(source);
  const { config, weights } = source;
  return { ...(config !== undefined && { config: absolute(config) }), weights: absolute(weights) };
}

/** The same for a base to fall back to. */
export const absoluteSmaller = ({ base, adapters = {} }: SmallerBase): SmallerBase => ({
  base: absolute(base),
  adapters: Object.fromEntries(
    Object.entries(adapters).map(([name, source]) => [name, absoluteAdapter(source)]),
  ),
});
