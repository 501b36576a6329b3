/** The methods of iterators that Node 22 has and jax-js calls. */
export function installIteratorMethods(): void {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  type Each = (value: unknown, index: number) => unknown;
  const methods: Record<string, (this: Iterable<unknown>, ...args: never[]) => unknown> = {
    *map(f: Each) {
      let i = 0;
      for (const value of this) yield f(value, i++);
    },
    *filter(f: Each) {
      let i = 0;
      for (const value of this) if (f(value, i++)) yield value;
    },
    toArray() {
      return [...this];
    },
    every(f: Each) {
      return [...this].every(f);
    },
    some(f: Each) {
      return [...this].some(f);
    },
    find(f: Each) {
      return [...this].find(f);
    },
    forEach(f: Each) {
      [...this].forEach(f);
    },
    reduce(f: (sum: unknown, value: unknown) => unknown, start: unknown) {
      return [...this].reduce(f, start);
    },
  };
  for (const [name, value] of Object.entries(methods))
    if (!prototype[name])
      Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
}
