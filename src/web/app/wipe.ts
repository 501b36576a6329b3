const STEP = 2;
const PAGE = 10;

/** The handle between before and after: drag it, or use the arrow keys. @param moved - hears the part in [0, 1] */
export class Wipe {
  readonly #handle: HTMLElement;
  readonly #moved: () => void;
  #percent = 50;

  constructor(screen: HTMLElement, handle: HTMLElement, moved: () => void) {
    this.#handle = handle;
    this.#moved = moved;
    this.#put(this.#percent);
    handle.addEventListener('keydown', (event) => {
      const { key } = event;
      const to = {
        ArrowRight: this.#percent + STEP,
        ArrowUp: this.#percent + STEP,
        ArrowLeft: this.#percent - STEP,
        ArrowDown: this.#percent - STEP,
        PageUp: this.#percent + PAGE,
        PageDown: this.#percent - PAGE,
        Home: 0,
        End: 100,
      }[key];
      if (to === undefined) return;
      event.preventDefault();
      this.#put(to);
    });
    screen.addEventListener('pointerdown', (event) => {
      if (handle.hidden) return;
      screen.setPointerCapture(event.pointerId);
      this.#follow(screen, event);
    });
    screen.addEventListener('pointermove', (event) => {
      if (screen.hasPointerCapture(event.pointerId)) this.#follow(screen, event);
    });
  }

  #follow(screen: HTMLElement, event: PointerEvent): void {
    const { left, width } = screen.getBoundingClientRect();
    this.#put((100 * (event.clientX - left)) / width);
  }

  #put(percent: number): void {
    this.#percent = Math.min(100, Math.max(0, percent));
    this.#handle.style.left = `${this.#percent}%`;
    this.#handle.setAttribute('aria-valuenow', String(Math.round(this.#percent)));
    this.#moved();
  }

  get shown(): boolean {
    return !this.#handle.hidden;
  }

  set shown(on: boolean) {
    this.#handle.hidden = !on;
    this.#moved();
  }

  /** Part from the left that shows the picture before; 0 while hidden. */
  get part(): number {
    return this.shown ? this.#percent / 100 : 0;
  }
}
