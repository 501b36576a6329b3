import type { ActiveAdapter } from './device_model.ts';
import type { LoadedAdapter } from './model_files.ts';

const MAX_STRENGTH = 4;

/** An adapter in memory with the strength that is set for it. */
export interface Slot {
  readonly loaded: LoadedAdapter;
  readonly strength: number;
}

/** Adapters as a device takes them. */
export const activeOf = (slots: ReadonlyMap<string, Slot>): ActiveAdapter[] =>
  [...slots.values()].map(({ loaded, strength }) => ({ adapter: loaded.adapter, strength, loaded }));

/** Adapters by name with their strengths, and whether any of it has changed since it was last taken up. */
export class AdapterSlots {
  readonly #slots = new Map<string, Slot>();
  #changed = false;

  put(name: string, loaded: LoadedAdapter, strength: number): void {
    const before = this.#slots.get(name);
    this.#slots.set(name, { loaded, strength: before?.strength ?? 0 });
    try {
      this.set({ [name]: strength });
    } catch (error) {
      before ? this.#slots.set(name, before) : this.#slots.delete(name);
      throw error;
    }
  }

  remove(name: string): void {
    this.#changed = this.#slots.delete(name) || this.#changed;
  }

  clear(): void {
    for (const name of [...this.#slots.keys()]) this.remove(name);
  }

  /** Takes these in place of all there are. */
  replace(slots: ReadonlyMap<string, Slot>): void {
    this.#slots.clear();
    for (const [name, slot] of slots) this.#slots.set(name, slot);
    this.#changed = true;
  }

  /** @throws RangeError for an unknown name, and a strength beyond -4 to 4; nothing is changed then */
  set(values: Readonly<Record<string, number>>): void {
    for (const [name, strength] of Object.entries(values)) {
      if (!this.#slots.has(name))
        throw new RangeError(
          `there is no adapter ${name}; there are ${[...this.#slots.keys()].join(', ') || 'none'}`,
        );
      if (!Number.isFinite(strength) || Math.abs(strength) > MAX_STRENGTH)
        throw new RangeError(`the strength of ${name} is ${strength}; it must be from -4 to 4`);
    }
    for (const [name, strength] of Object.entries(values))
      this.#slots.set(name, { ...this.#slots.get(name)!, strength });
    this.#changed = true;
  }

  get all(): ReadonlyMap<string, Slot> {
    return this.#slots;
  }

  get active(): ActiveAdapter[] {
    return activeOf(this.#slots);
  }

  /** Whether there was a change since the last call. */
  takeChange(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }
}
