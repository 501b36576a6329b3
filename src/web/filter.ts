import { sumAdapters } from '../model/adapter_blend.ts';
import { ADAPTER_METADATA, writeAdapter } from '../model/adapter_file.ts';
import type { Adapter } from '../model/adapter_layer.ts';
import { type Picture, pictureValues, valuesPicture } from '../model/picture.ts';
import { AdapterSlots, type Slot } from './adapter_slots.ts';
import type { FileSource, OnProgress } from './download.ts';
import { type FilterOptions, type FilterStats, sidesOf, type Timeline } from './filter_options.ts';
import { type FrameProfile, profileFrame } from './frame_profile.ts';
import { type FrameSource, sizeOf } from './frame_source.ts';
import {
  type AdapterSource,
  type Base,
  loaded,
  readAdapterFor,
  readBase,
  readSmaller,
  type SmallerBase,
} from './model_files.ts';
import { type Canvas, type DrawOptions, type Playback, type PlayOptions, play } from './playback.ts';
import { Stage } from './stage.ts';
import { checkSupport, type Support } from './support.ts';
import { WebError } from './web_error.ts';

/**
 * A generator with adapters that edits pictures, canvases, video and cameras. What is lost with a device is made again
 * from memory: a filter outlives its devices.
 */
export class Filter {
  readonly support: Support;
  readonly #progress: OnProgress;
  readonly #slots = new AdapterSlots();
  readonly #stage: Stage;
  readonly #opened = performance.now();
  readonly #marks = {
    downloaded: Number.NaN,
    compiled: Number.NaN,
    ready: Number.NaN,
    firstFrame: Number.NaN,
  };
  readonly #contexts = new WeakMap<Canvas, { context: GPUCanvasContext; device: GPUDevice }>();
  #smaller: readonly SmallerBase[] = [];
  #frames = 0;
  #frameMs = Number.NaN;

  private constructor(support: Support, options: FilterOptions) {
    const { storage, onProgress = () => {}, onState = () => {} } = options;
    this.support = support;
    this.#progress = onProgress;
    const stored = storage === 'f16' && support.f16 ? 'f16' : 'f32';
    const onMark = (stage: 'compiled' | 'ready') => this.#mark(stage);
    this.#stage = new Stage(this.#slots, sidesOf(options.size), stored, { onProgress, onState, onMark });
  }

  /** @throws WebError `no-webgpu`, `no-adapter`, `limits`; RangeError for a size that is no multiple of 8 */
  static async open(options: FilterOptions = {}): Promise<Filter> {
    sidesOf(options.size);
    return new Filter(await checkSupport(), options);
  }

  /** Only the first time of each stage counts: later ones are no first use. */
  #mark(stage: keyof Timeline): void {
    if (stage !== 'downloaded' && !Number.isNaN(this.#marks[stage])) return;
    if (!Number.isNaN(this.#marks.compiled) && stage === 'downloaded') return;
    this.#marks[stage] = performance.now() - this.#opened;
  }

  /**
   * Takes this base in place of the one before, whose adapters leave with it.
   *
   * @param smaller - bases of smaller presets, the largest first, that `run` goes on with where the device is too slow
   * for this one; nothing of them is downloaded before
   * @throws WebError naming the file
   */
  async loadBase(
    source: FileSource,
    { smaller = [] }: { readonly smaller?: readonly SmallerBase[] } = {},
  ): Promise<Base> {
    const base = await readBase(source, this.#progress);
    this.#stage.base = base;
    this.#smaller = smaller;
    this.#slots.clear();
    this.#mark('downloaded');
    return base;
  }

  /**
   * Adds an adapter; one of the same name is replaced.
   *
   * @param source - the address of its folder, or its files
   * @returns the name that `strengths` knows it by
   * @throws WebError naming the file
   */
  async loadAdapter(
    source: FileSource | AdapterSource,
    { name, strength = 1 }: { readonly name?: string; readonly strength?: number } = {},
  ): Promise<string> {
    const { base } = this;
    const read = await readAdapterFor(base, source, this.#progress);
    if (this.#stage.base !== base) throw new WebError('stopped', 'The base was changed meanwhile.');
    this.#mark('downloaded');
    const called = name ?? read.name;
    this.#slots.put(called, read, strength);
    return called;
  }

  /** How many smaller bases are left to go on with. */
  get smaller(): number {
    return this.#smaller.length;
  }

  /**
   * Goes on with the next smaller base, its adapters as strong as their namesakes are, once it is ready; until then with
   * the one before. Adapters without a namesake there leave.
   * @throws WebError naming the file, or `stopped` where there is none; that base is passed over then
   */
  async useSmaller(): Promise<Base> {
    const [next, ...rest] = this.#smaller;
    if (!next) throw new WebError('stopped', 'There is no smaller base to go on with.');
    this.#smaller = rest;
    const names = [...this.#slots.all.keys()];
    const { base, adapters } = await readSmaller(next, names, this.#progress);
    const slots = () => {
      const strengthOf = (name: string) => this.#slots.all.get(name)?.strength ?? 0;
      return new Map(
        [...adapters].map(([name, read]) => [name, { loaded: read, strength: strengthOf(name) }]),
      );
    };
    await this.#stage.replace(base, slots);
    return base;
  }

  /** Adds an adapter that is in memory, such as one that is being trained. */
  setAdapter(name: string, adapter: Adapter, strength = 1): void {
    this.#slots.put(name, loaded(this.base, adapter, name), strength);
  }

  removeAdapter(name: string): void {
    this.#slots.remove(name);
  }

  /** @throws WebError where none is loaded */
  get base(): Base {
    return this.#stage.base;
  }

  /** Adapters with their strengths, by name. */
  get adapters(): ReadonlyMap<string, Slot> {
    return this.#slots.all;
  }

  /**
   * Sets how much adapters take part, from the next frame on: 0 not at all, 1 as trained, negative the other way.
   * @throws RangeError
   */
  strengths(values: Readonly<Record<string, number>>): void {
    this.#slots.set(values);
  }

  /** Compiles for the size that is set, and runs a frame: the next one does not wait for anything. */
  async ready(): Promise<void> {
    await this.#stage.get();
  }

  /** Changes the network's picture size; the old one goes on until the new one is ready. @throws RangeError */
  resize(size: FilterOptions['size']): Promise<void> {
    return this.#stage.resize(sidesOf(size));
  }

  #contextOf(canvas: Canvas, device: GPUDevice, format: GPUTextureFormat): GPUCanvasContext {
    const known = this.#contexts.get(canvas);
    if (known?.device === device) return known.context;
    const context = known?.context ?? (canvas.getContext('webgpu') as GPUCanvasContext | null);
    if (!context)
      throw new WebError('source', 'The canvas has another kind of context already: give a new one.');
    context.configure({ device, format, alphaMode: 'opaque' });
    this.#contexts.set(canvas, { context, device });
    return context;
  }

  /**
   * Edits one frame onto a canvas. Resolves when the device is done with it.
   * @throws WebError `source` for a picture that is not there yet; KernelError
   */
  async draw(source: FrameSource, canvas: Canvas, options: DrawOptions = {}): Promise<void> {
    sizeOf(source);
    await this.#stage.inTurn(async ({ frames, program: { gpu } }) => {
      if (!frames) throw new WebError('source', 'There are no canvases here: use edit.');
      const begin = performance.now();
      gpu.faults.check('a frame');
      gpu.faults.guard('a frame', () => {
        const context = this.#contextOf(canvas, gpu.device, frames.format);
        frames.take(source, options);
        frames.run();
        frames.show(context.getCurrentTexture(), options);
      });
      await frames.done();
      this.#frameMs = performance.now() - begin;
      this.#frames++;
      this.#mark('firstFrame');
    });
  }

  /**
   * Follows a video, a camera's or any other, or a canvas, until it is stopped; a picture is drawn once. Resolves after
   * the first frame. A canvas that still has the size of every new canvas gets the network's.
   * @throws WebError `source` for a video that cannot be shown; KernelError
   */
  async run(source: FrameSource, canvas: Canvas, options: PlayOptions = {}): Promise<Playback> {
    const { width, height } = await this.#stage.get();
    if (canvas.width === 300 && canvas.height === 150) Object.assign(canvas, { width, height });
    return play(source, { draw: (now) => this.draw(source, canvas, now), reducible: this }, options);
  }

  /** Edits a picture of the network's size; needs no browser. @throws RangeError where the size differs */
  edit(picture: Picture): Promise<Picture> {
    return this.#stage.inTurn(async ({ program, width, height }) => {
      if (picture.width !== width || picture.height !== height)
        throw new RangeError(
          `the picture is ${picture.width}x${picture.height}, this filter takes ${width}x${height}`,
        );
      const { y } = await program.run({ x: pictureValues(picture) });
      return valuesPicture(y!, width, height);
    });
  }

  /** The latest frame's values, `[height, width, 3]` in [-1, 1] before clamping. */
  values(): Promise<Float32Array> {
    return this.#stage.inTurn(({ program }) => program.read('y'));
  }

  /** The next frame shows nothing of those before: for sources that jump. */
  forget(): void {
    this.#stage.view?.frames?.forget();
  }

  /** What is active as one adapter, PEFT's two files by name. @throws FormatError where nothing is */
  exportBlend(concept: string): Record<string, Uint8Array> {
    const active = this.#slots.active.filter((a) => a.strength !== 0);
    const prompts = active.flatMap(({ adapter }) => adapter.metadata.get(ADAPTER_METADATA.prompt) ?? []);
    const about = new Map([
      [ADAPTER_METADATA.baseSha256, this.base.sha256],
      [ADAPTER_METADATA.concept, concept],
      [ADAPTER_METADATA.prompt, [...new Set(prompts)].join(', ')],
      [ADAPTER_METADATA.version, '1'],
    ]);
    return writeAdapter(sumAdapters(active, about));
  }

  get stats(): FilterStats {
    const { view, model, size } = this.#stage;
    const [width, height] = view ? [view.width, view.height] : size;
    return {
      width,
      height,
      gpuMs: view?.frames?.gpuTime ?? Number.NaN,
      frameMs: this.#frameMs,
      frames: this.#frames,
      buffers: model?.gpu.counts.buffers ?? 0,
      textures: view?.frames?.textures ?? 0,
      bytes: (model?.gpu.counts.bytes ?? 0) + (view?.frames?.textureBytes ?? 0),
    };
  }

  /** When the first use had come how far. */
  get timeline(): Timeline {
    return { ...this.#marks };
  }

  /** Where the GPU time of a frame goes, by kernel, the slowest first; null where the device has no clock. */
  profile(): Promise<FrameProfile | null> {
    return this.#stage.inTurn(({ program }) => profileFrame(program));
  }

  /** Destroys the device as a fault of the driver would, to try out that the filter gets another. */
  destroyDevice(): void {
    this.#stage.model?.gpu.device.destroy();
  }

  /** Gives everything back; whatever comes later throws. */
  dispose(): void {
    this.#stage.dispose();
  }
}
