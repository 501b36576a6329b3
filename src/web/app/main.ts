import type { Slowness } from '../fallback.ts';
import { openInWorker } from '../page.ts';
import type { StageState } from '../stage.ts';
import { messageOf } from '../web_error.ts';
import type { FrameStats, WorkerBase, WorkerFilter } from '../worker/worker_filter.ts';
import { cover, say, showProgress } from './cover.ts';
import { Detail } from './detail.ts';
import { showDevice, showFacts, showTimeline, slownessOf, startProfile } from './details.ts';
import { byId, download, fileName, press, pressed } from './dom.ts';
import { type PlacedFile, startDrop } from './drop.ts';
import { sortFiles, zipFiles } from './dropped_files.ts';
import { Figures } from './figures.ts';
import { FrameLoop } from './frame_loop.ts';
import { Gallery } from './gallery.ts';
import { beside, type Models, readModels } from './models.ts';
import { attempt, note, startNotes } from './notes.ts';
import { startOffline } from './offline.ts';
import { pngOf } from './picture_file.ts';
import { Recorder } from './recorder.ts';
import { Sources } from './sources.ts';
import { startTabs } from './tabs.ts';
import { TrainPanel } from './train_panel.ts';
import { Wipe } from './wipe.ts';

// The page. It holds no engine: a worker has the filter and its canvas, another one trains.

const SCENE_EDGE = 512;
const SLOW_FPS = 8;

const canvas = byId<HTMLCanvasElement>('canvas');

/** The page's parts, and what goes on between them. */
class App {
  readonly #sources: Sources;
  readonly #gallery: Gallery;
  readonly #wipe: Wipe;
  readonly #detail = new Detail(byId('size'), async (edge) => {
    await this.#filter.resize(edge);
    this.#loop.draw();
  });
  readonly #figures = new Figures(byId('figures'));
  readonly #recorder = new Recorder(canvas);
  readonly #train: TrainPanel;
  // Both come with the device; what needs them is inert until then.
  #filter!: WorkerFilter;
  #loop!: FrameLoop;
  #models: Models | null = null;
  #base: string | Blob = '';
  #isShipped = true;
  #still: ImageBitmap | null = null;
  #seed = 2;
  #latest: FrameStats | null = null;

  constructor() {
    this.#sources = new Sources({
      onStill: (picture) => void this.#setStill(picture),
      onEnded: (message) => {
        note(message, true);
        this.#afterCamera();
      },
    });
    this.#gallery = new Gallery(byId('gallery'), {
      onStrength: (name, strength) => {
        void attempt(() => this.#filter.strengths({ [name]: strength }));
        this.#loop.draw();
      },
    });
    this.#wipe = new Wipe(byId('screen'), byId('wipe'), () => this.#loop?.draw());
    this.#train = new TrainPanel({
      model: () => ({ base: this.#base, discriminator: this.#discriminator }),
      picture: () => this.#picture(),
      onAdapter: (name, files) => void this.#putTrained(name, files),
    });
  }

  async start(): Promise<void> {
    startTabs(document.querySelector('[role=tablist]')!);
    startNotes();
    this.#startTools();
    cover.box.dataset.first = 'true';
    say('Starting …', 0);
    await this.#open();
    void this.#train.start();
    this.#models = await readModels();
    this.#base = beside(this.#models.base.file);
    const { smaller = [] } = this.#models;
    this.#showBase(await this.#filter.loadBase(this.#base, { smaller }));
    await this.#loadLooks(this.#models);
    await this.#scene();
    startDrop(byId('dropping'), (files) => void this.#take(files));
    void this.#loop.run();
  }

  /** It fits the first base alone. */
  get #discriminator(): string | null {
    const { base, discriminator } = this.#models ?? {};
    return discriminator && this.#base === beside(base!.file) ? beside(discriminator.file) : null;
  }

  #showBase(base: WorkerBase): void {
    showFacts(byId('facts'), this.#filter.support, base);
  }

  async #open(): Promise<void> {
    this.#filter = await openInWorker(canvas, {
      onProgress: showProgress,
      onState: (state, message) => this.#state(state, message),
      onFallback: (slowness, adapters, base) => this.#slower(slowness, adapters, base),
    });
    this.#loop = new FrameLoop(this.#filter, this.#sources, {
      options: () => ({
        mirror: pressed(byId('mirror')),
        wipe: this.#wipe.part,
        smooth: byId<HTMLInputElement>('smooth').valueAsNumber,
      }),
      leastFps: () => (this.#detail.isAutomatic ? SLOW_FPS : 0),
      onFrame: (stats) => this.#frame(stats),
      onError: (error) => void this.#detail.failed(error),
    });
    showDevice(byId('device'), this.#filter.support);
    await this.#detail.start(this.#filter.support.software);
    for (const part of document.querySelectorAll<HTMLElement>('[inert]')) part.inert = false;
  }

  async #loadLooks({ looks }: Models): Promise<void> {
    const loading = looks.map(async ({ name, label, folder, bytes, thumbnail }, i) => {
      const strength = i === 0 ? 1 : 0;
      this.#gallery.put({ name, label, bytes, thumbnail: beside(thumbnail) }, strength);
      await this.#filter.loadAdapter(beside(folder), { name, strength });
    });
    for (const result of await Promise.allSettled(loading))
      if (result.status === 'rejected') note(messageOf(result.reason), true);
  }

  #frame(stats: FrameStats): void {
    this.#latest = stats;
    if (!cover.box.hidden) {
      cover.box.hidden = true;
      delete cover.box.dataset.first;
    }
    this.#figures.note(stats, this.#sources.moves);
    showTimeline(byId('timeline'), stats.timeline);
    if (this.#recorder.isOn) this.#recorder.frame();
    document.body.dataset.frames = String(stats.frames);
  }

  #slower(slowness: Slowness, adapters: readonly string[], base: WorkerBase): void {
    note(slownessOf(slowness), false, 'slowness');
    const smaller = this.#models?.smaller ?? [];
    if (slowness === 'too slow' || !this.#isShipped || slowness.smaller === smaller.length) return;
    this.#base = beside(smaller[smaller.length - 1 - slowness.smaller]!.base);
    this.#gallery.keep(adapters);
    this.#showBase(base);
  }

  #state(state: StageState, message: string): void {
    if (state === 'failed') say(message);
    else note(message);
    if (state === 'running') this.#loop.draw();
    document.body.dataset.state = state;
  }

  async #setStill(picture: ImageBitmap | null): Promise<void> {
    this.#still?.close();
    this.#still = picture;
    await this.#filter.still(picture && (await createImageBitmap(picture)));
    press(byId('camera'), this.#sources.isCamera);
    this.#loop.draw();
  }

  #afterCamera(): void {
    press(byId('camera'), false);
    void attempt(() => this.#scene());
  }

  async #scene(): Promise<void> {
    await this.#sources.picture(this.#train.scenes.scene(this.#seed++, SCENE_EDGE));
  }

  async #picture(): Promise<ImageBitmap | null> {
    const { video } = this.#sources;
    if (video?.videoWidth) return createImageBitmap(video);
    return this.#still && createImageBitmap(this.#still);
  }

  async #camera(): Promise<void> {
    const button = byId('camera');
    if (this.#sources.isCamera || pressed(button)) {
      this.#sources.stop();
      this.#afterCamera();
      return;
    }
    press(button, true);
    const came = await attempt(() => this.#sources.camera());
    if (came === undefined) {
      press(button, false);
      if (!this.#still || this.#sources.moves === false) await attempt(() => this.#scene());
    } else if (came && !pressed(byId('mirror'))) press(byId('mirror'), true);
    this.#loop.draw();
  }

  #startTools(): void {
    byId('camera').addEventListener('click', () => void this.#camera());
    byId('scene').addEventListener('click', () => void attempt(() => this.#scene()));
    for (const id of ['open', 'pick'])
      byId<HTMLInputElement>(id).addEventListener('change', ({ target }) => {
        const input = target as HTMLInputElement;
        const files = [...(input.files ?? [])].map((file) => ({ file, path: file.name }));
        void this.#take(files).finally(() => {
          input.value = '';
        });
      });
    for (const id of ['mirror', 'compare'])
      byId(id).addEventListener('click', ({ currentTarget }) => {
        press(currentTarget as HTMLElement, !pressed(currentTarget as HTMLElement));
        this.#wipe.shown = pressed(byId('compare'));
        this.#loop.draw();
      });
    byId('smooth').addEventListener('input', () => {
      const { valueAsNumber } = byId<HTMLInputElement>('smooth');
      byId<HTMLOutputElement>('smooth-value').value = valueAsNumber
        ? `${Math.round(valueAsNumber * 100)} %`
        : 'off';
    });
    byId('save').addEventListener('click', () => void attempt(() => this.#save()));
    byId('record').addEventListener('click', () => void attempt(() => this.#record()));
    byId('export-blend').addEventListener('click', () => void attempt(() => this.#exportBlend()));
    startProfile(byId('profile'), byId('kernels'), () => this.#filter.profile());
    byId('lose').addEventListener('click', () => void this.#filter.destroyDevice());
  }

  async #save(): Promise<void> {
    download('e2gan.png', await pngOf(await this.#filter.values()));
  }

  async #record(): Promise<void> {
    await this.#recorder.toggle(Math.max(512, this.#latest?.width ?? 0));
    press(byId('record'), this.#recorder.isOn);
    byId('recording').hidden = !this.#recorder.isOn;
    this.#loop.draw();
  }

  async #exportBlend(): Promise<void> {
    const names = Object.entries(this.#gallery.strengths).flatMap(([name, s]) => (s ? [name] : []));
    const name = fileName(names.join('+') || 'blend');
    download(`${name}.zip`, zipFiles(name, await this.#filter.exportBlend(names.join(' + '))));
  }

  async #putTrained(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const source = { config: files['adapter_config.json']!, weights: files['adapter_model.safetensors']! };
    const isNew = !this.#gallery.has(name);
    const strength = isNew ? 1 : this.#gallery.strengths[name]!;
    await attempt(async () => {
      await this.#filter.loadAdapter(source, { name, strength });
      if (isNew) {
        for (const other of Object.keys(this.#gallery.strengths)) this.#gallery.set(other, 0);
        this.#gallery.put({ name, label: name, bytes: source.weights.length }, strength);
      }
      this.#loop.draw();
    });
  }

  async #take(files: readonly PlacedFile[]): Promise<void> {
    const sorted = (await attempt(() => sortFiles(files))) ?? [];
    const [shown, ...others] = sorted.filter((dropped) => dropped.kind === 'media');
    if (others.length) note(`One picture at a time: ${shown!.file.name} is shown.`);
    for (const dropped of sorted)
      await attempt(async () => {
        if (dropped.kind === 'media') await (dropped === shown && this.#sources.file(dropped.file));
        else if (dropped.kind === 'base') await this.#takeBase(dropped.name, dropped.file);
        else {
          const { name, bytes, warning } = await this.#filter.loadAdapter(dropped.source, { strength: 1 });
          this.#gallery.put({ name, label: name, bytes }, 1);
          if (warning) note(`${name} ${warning}`);
        }
        this.#loop.draw();
      });
  }

  async #takeBase(name: string, file: Blob): Promise<void> {
    this.#showBase(await this.#filter.loadBase(file));
    this.#base = file;
    this.#isShipped = false;
    this.#gallery.clear();
    note(`${name} is the base now; its adapters are the ones you drop next.`);
  }
}

try {
  await new App().start();
} catch (error) {
  say(messageOf(error));
  document.body.dataset.state = 'failed';
}
startOffline();
