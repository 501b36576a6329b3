import { EDGES } from '../pace.ts';
import { messageOf, WebError } from '../web_error.ts';
import { attempt, note } from './notes.ts';

const FIRST_EDGE = 256;
const SOFTWARE_EDGE = 128;

/** The choice of the network's picture size: one of the list, or as large as the device is fast enough for. */
export class Detail {
  readonly #select: HTMLSelectElement;
  readonly #resize: (edge: number) => Promise<void>;
  #first = FIRST_EDGE;
  #edge = FIRST_EDGE;

  /** @param resize - makes pictures of another size and draws one */
  constructor(select: HTMLSelectElement, resize: (edge: number) => Promise<void>) {
    this.#select = select;
    this.#resize = resize;
    select.addEventListener('change', () => {
      const edge = this.isAutomatic ? this.#first : Number(select.value);
      note(`Compiling for ${edge} × ${edge} …`);
      void attempt(() => this.#take(edge));
    });
  }

  /** Whether the size may change by itself. */
  get isAutomatic(): boolean {
    return this.#select.value === 'auto';
  }

  /** Begins with what such a device can do. */
  async start(isSoftware: boolean): Promise<void> {
    if (isSoftware) this.#first = SOFTWARE_EDGE;
    await this.#take(this.#first);
  }

  async #take(edge: number): Promise<void> {
    await this.#resize(edge);
    this.#edge = edge;
  }

  /** A frame could not be drawn. Where only memory is short, a smaller picture helps. */
  async failed(error: unknown): Promise<void> {
    note(messageOf(error), true);
    const isMemory = error instanceof WebError && error.kind === 'memory';
    const smaller = EDGES.find((edge) => edge < this.#edge);
    if (isMemory && this.isAutomatic && smaller) await attempt(() => this.#take(smaller));
  }
}
