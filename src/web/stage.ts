import { DeviceLostError, OutOfMemoryError } from '../runtime/errors.ts';
import { Losses } from '../runtime/losses.ts';
import { type AdapterSlots, activeOf, type Slot } from './adapter_slots.ts';
import { DeviceModel, disposeView, type View } from './device_model.ts';
import type { OnProgress } from './download.ts';
import type { Base } from './model_files.ts';
import { EDGES } from './pace.ts';
import { messageOf, WebError } from './web_error.ts';

export type StageState = 'recovering' | 'running' | 'failed';

/** Whom a stage tells. */
export interface StageEvents {
  readonly onProgress: OnProgress;
  readonly onState: (state: StageState, message: string) => void;
  /** Pipelines are there; and a first frame has been through. */
  readonly onMark: (stage: 'compiled' | 'ready') => void;
}

/**
 * Where a base, adapters and a picture size become a program on a device. One thing at a time: what is asked for while
 * something is being made waits for it; what is lost with a device is made again from memory.
 */
export class Stage {
  readonly #slots: AdapterSlots;
  readonly #events: StageEvents;
  readonly #storage: 'f32' | 'f16';
  readonly #losses = new Losses();
  #base: Base | null = null;
  #size: readonly [number, number];
  #model: DeviceModel | null = null;
  #view: View | null = null;
  #making: Promise<View> | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #over: WebError | null = null;

  constructor(
    slots: AdapterSlots,
    size: readonly [number, number],
    storage: 'f32' | 'f16',
    events: StageEvents,
  ) {
    this.#slots = slots;
    this.#size = size;
    this.#storage = storage;
    this.#events = events;
  }

  get base(): Base {
    if (!this.#base) throw new WebError('stopped', 'Load a base first.');
    return this.#base;
  }

  /** Takes another base; what was made of the one before goes. */
  set base(base: Base) {
    this.check();
    this.#base = base;
    this.#drop();
  }

  get size(): readonly [number, number] {
    return this.#size;
  }

  get view(): View | null {
    return this.#view;
  }

  get model(): DeviceModel | null {
    return this.#model;
  }

  /** @throws WebError after `dispose`, or where devices were lost too often */
  check(): void {
    if (this.#over) throw this.#over;
  }

  /** The old size goes on until the new one is ready, and for good where there is no memory for that. */
  async resize(size: readonly [number, number]): Promise<void> {
    const before = this.#size;
    if (size[0] === before[0] && size[1] === before[1]) return;
    this.#size = size;
    try {
      if (this.#view) await this.#remake();
    } catch (error) {
      if (error instanceof WebError && error.kind === 'memory' && this.#size === size) this.#size = before;
      throw error;
    }
  }

  /** The view for the size that is set, made where there is none. */
  async get(): Promise<View> {
    this.check();
    return this.#making ?? this.#view ?? this.#remake();
  }

  #remake(): Promise<View> {
    const before = this.#making;
    const making: Promise<View> = (before?.catch(() => {}) ?? Promise.resolve())
      .then(() => this.#make())
      .finally(() => {
        if (this.#making === making) this.#making = null;
      });
    this.#making = making;
    // Who waits for it hears of a failure; nobody may.
    making.catch(() => {});
    return making;
  }

  async #make(): Promise<View> {
    const { onProgress, onMark } = this.#events;
    this.check();
    this.#model ??= await this.#openModel(this.base);
    const model = this.#model;
    this.#slots.takeChange();
    model.set(this.#slots.active);
    const view = await this.#viewOf(model);
    this.check();
    if (this.#model !== model) throw new DeviceLostError('another device has taken its place');
    if (this.#view) disposeView(this.#view);
    model.forgetOld();
    this.#view = view;
    onMark('ready');
    onProgress({ stage: 'ready', loaded: 1, total: 1, file: '' });
    return view;
  }

  async #viewOf(model: DeviceModel): Promise<View> {
    const { onProgress, onMark } = this.#events;
    const [width, height] = this.#size;
    try {
      return await model.view(width, height, {
        onPipeline: (done, total) => onProgress({ stage: 'compile', loaded: done, total, file: '' }),
        onCompiled: () => onMark('compiled'),
      });
    } catch (cause) {
      if (!(cause instanceof OutOfMemoryError)) throw cause;
      const smaller = EDGES.find((edge) => edge < Math.min(width, height));
      const remedy = smaller
        ? `choose a smaller size, such as ${smaller}`
        : 'close other pages that draw much';
      const text = `The graphics device has no memory left for pictures of ${width} × ${height}: ${remedy}.`;
      throw new WebError('memory', text, { cause });
    }
  }

  /**
   * Takes another base with its adapters once it is ready; the one before goes on meanwhile, on its own device.
   * @param slots - adapters of that base with their strengths; asked anew when it takes over
   * @throws WebError `stopped` where a base was loaded meanwhile
   */
  async replace(base: Base, slots: () => ReadonlyMap<string, Slot>): Promise<void> {
    this.check();
    const before = this.#base;
    const model = await this.#openModel(base);
    try {
      model.set(activeOf(slots()));
      const view = await this.#viewOf(model);
      await this.inTurn(() => {
        if (this.#base !== before) throw new WebError('stopped', 'The base was changed meanwhile.');
        const old = this.#model;
        this.#base = base;
        this.#model = model;
        this.#view = view;
        this.#slots.replace(slots());
        old?.dispose();
      });
      if (view.width !== this.#size[0] || view.height !== this.#size[1]) await this.#remake();
    } catch (error) {
      if (this.#model !== model) model.dispose();
      throw error;
    }
  }

  async #openModel(base: Base): Promise<DeviceModel> {
    let model: DeviceModel;
    try {
      model = await DeviceModel.open(base, { storage: this.#storage });
    } catch (cause) {
      if (cause instanceof WebError) throw cause;
      throw new WebError('no-adapter', `The graphics device cannot be opened: ${messageOf(cause)}`, {
        cause,
      });
    }
    void model.gpu.device.lost.then(({ message }) => this.#lost(model, message));
    return model;
  }

  #drop(): void {
    const model = this.#model;
    this.#model = null;
    this.#view = null;
    this.#making = null;
    model?.dispose();
  }

  /** A device that was not given back is replaced by another, with all as it was. */
  async #lost(model: DeviceModel, message: string): Promise<void> {
    if (this.#model !== model || this.#over) return;
    this.#model = null;
    this.#view = null;
    const { onState } = this.#events;
    const why = message.trim() ? ` (${messageOf(message)})` : '';
    if (!this.#losses.again(performance.now())) {
      const text = `The graphics device was lost ${this.#losses.limit} times in a minute${why}: reload the page, or try a smaller picture.`;
      this.#over = new WebError('lost', text);
      onState('failed', text);
      return;
    }
    onState('recovering', `The graphics device was lost${why}; another is being started.`);
    try {
      await this.#remake();
      onState('running', 'The graphics device is back.');
    } catch (error) {
      onState('failed', messageOf(error));
    }
  }

  /** Runs works one after the other, each with the adapters as they are set by then; a loss in between is waited out. */
  inTurn<T>(work: (view: View) => T | Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      for (;;)
        try {
          return await work(await this.#current());
        } catch (error) {
          if (!(error instanceof DeviceLostError)) throw error;
          // The same news reaches the stage by itself, a moment earlier or later.
          await new Promise((resolve) => setTimeout(resolve, 10));
          this.check();
        }
    });
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #current(): Promise<View> {
    this.check();
    // Where only the size changes, the old view still serves.
    const view = this.#view ?? (await this.get());
    if (!this.#slots.takeChange()) return view;
    if (this.#model!.fits(this.#slots.active)) {
      this.#model!.set(this.#slots.active);
      return view;
    }
    return this.#remake();
  }

  /** Gives everything back; whatever comes later throws. */
  dispose(): void {
    this.#over ??= new WebError('stopped', 'This filter was closed.');
    this.#drop();
  }
}
