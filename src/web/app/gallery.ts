import { bytesText, element } from './dom.ts';

/** A look of the gallery. */
export interface Look {
  readonly name: string;
  readonly label: string;
  readonly bytes: number;
  /** Address of a small picture; none for looks that were dropped or trained here. */
  readonly thumbnail?: string;
}

/** What a gallery tells its owner. */
export interface GalleryEvents {
  readonly onStrength: (name: string, strength: number) => void;
}

const LEAST_STEP = 0.05;
const MOST = 1.5;

/** The list of looks, each with a slider: several may take part at once. */
export class Gallery {
  readonly #list: HTMLElement;
  readonly #events: GalleryEvents;
  readonly #sliders = new Map<string, HTMLInputElement>();

  constructor(list: HTMLElement, events: GalleryEvents) {
    this.#list = list;
    this.#events = events;
  }

  get strengths(): Record<string, number> {
    return Object.fromEntries([...this.#sliders].map(([name, { valueAsNumber }]) => [name, valueAsNumber]));
  }

  has(name: string): boolean {
    return this.#sliders.has(name);
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#sliders.clear();
  }

  /** Takes away what is not among these. */
  keep(names: readonly string[]): void {
    for (const item of [...this.#list.children] as HTMLElement[]) {
      const name = item.dataset.name!;
      if (names.includes(name)) continue;
      item.remove();
      this.#sliders.delete(name);
    }
  }

  /** Adds a look, or changes the one of this name. */
  put(look: Look, strength: number): void {
    const slider = element('input', {
      type: 'range',
      min: 0,
      max: MOST,
      step: LEAST_STEP,
      'aria-label': `Strength of ${look.label}`,
    });
    const value = element('output');
    const picture = look.thumbnail
      ? element('img', { src: look.thumbnail, alt: '', width: 52, height: 52, loading: 'lazy' })
      : element('span', { 'aria-hidden': 'true' }, look.label.slice(0, 1).toUpperCase());
    const only = element('button', { type: 'button', class: 'thumb', title: `Only ${look.label}` }, picture);
    only.setAttribute('aria-label', `Only ${look.label}`);
    const size = element('span', { class: 'size' }, look.bytes ? bytesText(look.bytes) : '');
    const item = element('li', { class: 'look', 'data-name': look.name }, only);
    item.append(element('span', { class: 'name' }, look.label), size, slider, value);
    const before = [...this.#list.children].find((li) => (li as HTMLElement).dataset.name === look.name);
    before ? before.replaceWith(item) : this.#list.append(item);
    this.#sliders.set(look.name, slider);
    slider.addEventListener('input', () => {
      this.#show(look.name);
      this.#events.onStrength(look.name, slider.valueAsNumber);
    });
    only.addEventListener('click', () => this.only(look.name));
    slider.value = String(strength);
    this.#show(look.name);
  }

  #show(name: string): void {
    const slider = this.#sliders.get(name)!;
    const item = slider.closest('li')!;
    const strength = slider.valueAsNumber;
    item.dataset.on = String(strength > 0);
    item.querySelector('output')!.value = strength ? `${Math.round(strength * 100)} %` : 'off';
  }

  set(name: string, strength: number): void {
    const slider = this.#sliders.get(name);
    if (!slider || slider.valueAsNumber === strength) return;
    slider.value = String(strength);
    this.#show(name);
    this.#events.onStrength(name, strength);
  }

  /** One look as trained and no other; where it is that already, none. */
  only(name: string): void {
    const { strengths } = this;
    const isAlone = Object.entries(strengths).every(([n, s]) => (n === name ? s === 1 : s === 0));
    for (const other of Object.keys(strengths)) if (other !== name) this.set(other, 0);
    this.set(name, isAlone ? 0 : 1);
  }
}
