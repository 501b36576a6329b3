/** Settings of a run as JSON: what `config.json` holds. */
export type Config = Readonly<Record<string, unknown>>;

/** A config as `config.json` holds it. */
export function configText(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Settings by dotted name (`optimizer.lr`), values as JSON; arrays count as values. */
export function flattenConfig(config: Config, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!nested) flat.set(prefix + name, JSON.stringify(value));
    else for (const [key, text] of flattenConfig(value as Config, `${prefix}${name}.`)) flat.set(key, text);
  }
  return flat;
}

/** The settings that differ, each as `name: before -> now`; those in `mayChange` do not count. */
export function configDifferences(before: Config, now: Config, mayChange: readonly string[]): string[] {
  const [old, current] = [flattenConfig(before), flattenConfig(now)];
  const names = [...new Set([...old.keys(), ...current.keys()])].filter((name) => !mayChange.includes(name));
  return names
    .filter((name) => old.get(name) !== current.get(name))
    .map((name) => `${name}: ${old.get(name) ?? 'not set'} -> ${current.get(name) ?? 'not set'}`);
}
