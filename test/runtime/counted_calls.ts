/** Wraps methods of one object so that calls are counted, until `restore`. */
export function countCalls<T extends object>(target: T, names: readonly (keyof T & string)[]) {
  const counts = new Map<string, number>(names.map((name) => [name, 0]));
  for (const name of names) {
    const original = target[name] as (...args: unknown[]) => unknown;
    const counted = (...args: unknown[]) => {
      counts.set(name, counts.get(name)! + 1);
      return original.apply(target, args);
    };
    Object.defineProperty(target, name, { value: counted, configurable: true });
  }
  return {
    /** Calls so far, by name, without those that are zero. */
    get made(): Record<string, number> {
      return Object.fromEntries([...counts].filter(([, n]) => n > 0));
    },
    restore() {
      for (const name of names) Reflect.deleteProperty(target, name);
    },
  };
}
