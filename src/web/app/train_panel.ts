import type { Losses } from '../../train/trainer.ts';
import { type Progress, readSource } from '../download.ts';
import type { TrainingPair } from '../finetune.ts';
import { connect, type Remote } from '../worker/rpc.ts';
import { byId, download, element, fileName } from './dom.ts';
import { zipFiles } from './dropped_files.ts';
import { type BrushMode, EditPad } from './edit_pad.ts';
import { LossChart } from './loss_chart.ts';
import { attempt, note } from './notes.ts';
import { readPairs } from './pair_files.ts';
import type { Run } from './run_store.ts';
import type { TrainApi } from './train_worker.ts';

type Files = Readonly<Record<string, Uint8Array>>;
type Scenes = Remote<Omit<TrainApi, 'scene'>> & Pick<Remote<TrainApi>, 'scene'>;

/** What a training needs of the page. */
export interface TrainEvents {
  /** Addresses of the base that is in use and of its discriminator. */
  readonly model: () => { readonly base: string | Blob; readonly discriminator: string | null };
  /** What the page shows now, to draw an edit over. */
  readonly picture: () => Promise<ImageBitmap | null>;
  /** The adapter as it is: shown in the page while it is trained. */
  readonly onAdapter: (name: string, files: Files) => void;
}

// Crops are taken at random places of somewhat larger pictures.
const ROOM = 2;

const value = (id: string): string => byId<HTMLInputElement>(id).value;
const number = (id: string): number => byId<HTMLInputElement>(id).valueAsNumber;
const fileList = (id: string): File[] => [...(byId<HTMLInputElement>(id).files ?? [])];

/** The panel that makes pairs and learns from them. */
export class TrainPanel {
  readonly #events: TrainEvents;
  readonly #chart = new LossChart(byId('chart'));
  readonly #pad = new EditPad(byId<HTMLCanvasElement>('pad'));
  readonly #worker: Scenes;
  readonly #dropped: Record<'befores' | 'afters', File[]> = { befores: [], afters: [] };
  #begun = { step: 0, at: 0 };
  #total = 0;
  #latest: { name: string; files: Files } | null = null;
  #name = '';

  constructor(events: TrainEvents) {
    this.#events = events;
    this.#worker = connect<TrainApi>(new Worker('train_worker.mjs', { type: 'module' }), (event, data) =>
      this.#hear(event, data),
    );
  }

  /** The worker that also draws scenes. */
  get scenes(): Pick<Scenes, 'scene'> {
    return this.#worker;
  }

  async start(): Promise<void> {
    for (const { name } of await this.#worker.concepts())
      byId('concept').append(element('option', { value: name }, name));
    byId<HTMLSelectElement>('concept').value = 'ink';
    this.#startPairs();
    this.#startPad();
    byId('job').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#learn(() => this.#fresh());
    });
    byId('train-pause').addEventListener('click', () => {
      this.#say('Pausing after this step …');
      void this.#worker.pause();
    });
    byId('train-export').addEventListener('click', () => this.#export());
    byId('resume').addEventListener('click', () => void this.#learn(() => this.#worker.resume()));
    byId('discard').addEventListener('click', async () => {
      await attempt(() => this.#worker.discard());
      byId('unfinished').hidden = true;
    });
    await attempt(() => this.#offer());
  }

  /** Shows what is left of a training that was paused, or whose page was closed. */
  async #offer(): Promise<void> {
    const left = await this.#worker.unfinished();
    byId('unfinished').hidden = !left;
    if (!left) return;
    const { job, step, pairs } = left;
    this.#total = job.steps ?? 0;
    this.#name = job.concept;
    byId('unfinished').querySelector('p')!.textContent =
      `“${job.concept}” stopped at step ${step} of ${job.steps} (${pairs} pairs).`;
  }

  #startPairs(): void {
    for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=pairs]'))
      radio.addEventListener('change', () => {
        for (const part of document.querySelectorAll<HTMLElement>('[data-pairs]'))
          part.hidden = part.dataset.pairs !== radio.value;
        if (radio.value === 'drawn') void this.#photograph();
      });
    for (const side of ['befores', 'afters'] as const) {
      const drop = byId(`${side}-drop`);
      const show = (files: File[]) => {
        this.#dropped[side] = files;
        drop.querySelector('small')!.textContent =
          files.length === 1 ? files[0]!.name : `${files.length} pictures`;
      };
      byId(side).addEventListener('change', () => show(fileList(side)));
      drop.addEventListener('drop', (event) => {
        event.preventDefault();
        event.stopPropagation();
        show([...(event.dataTransfer?.files ?? [])].filter((f) => f.type.startsWith('image/')));
        byId('dropping').hidden = true;
      });
    }
  }

  #startPad(): void {
    const bind = (id: string, set: (value: string) => void) =>
      byId(id).addEventListener('input', () => set(value(id)));
    bind('brush-colour', (colour) => {
      this.#pad.colour = colour;
    });
    bind('brush-mode', (mode) => {
      this.#pad.mode = mode as BrushMode;
    });
    bind('brush-size', (size) => {
      this.#pad.size = Number(size);
    });
    byId('brush-fill').addEventListener('click', () => this.#pad.fill());
    byId('brush-clear').addEventListener('click', () => this.#pad.clear());
  }

  async #photograph(): Promise<void> {
    const picture = await this.#events.picture();
    if (!picture) return;
    this.#pad.photograph(picture, picture.width, picture.height);
    picture.close();
  }

  async #pairs(size: number): Promise<readonly TrainingPair[]> {
    const kind = document.querySelector<HTMLInputElement>('input[name=pairs]:checked')!.value;
    if (kind === 'scenes') return this.#worker.scenePairs(value('concept'), number('scenes'), size);
    if (kind === 'files') return readPairs(this.#dropped.befores, this.#dropped.afters, size * ROOM);
    return [this.#pad.pair];
  }

  async #fresh(): ReturnType<Remote<TrainApi>['start']> {
    const size = Number(value('job-size'));
    const concept = value('job-name').trim();
    const [steps, seed, lr] = [number('job-steps'), 1, 2e-3];
    const pairs = await this.#pairs(size);
    const { base, discriminator } = this.#events.model();
    const run: Run = {
      job: { concept, prompt: concept, steps, size, seed, lr },
      base: await readSource(base),
      ...(discriminator && { discriminator: await readSource(discriminator) }),
      pairs,
    };
    this.#total = steps;
    this.#name = concept;
    this.#chart.clear();
    return this.#worker.start(run);
  }

  async #learn(work: () => ReturnType<Remote<TrainApi>['start']>): Promise<void> {
    const [start, pause] = [byId<HTMLButtonElement>('train-start'), byId<HTMLButtonElement>('train-pause')];
    pause.disabled = false;
    // Whoever has pressed a button that goes finds the next one under the keys.
    if (document.activeElement === start || document.activeElement === byId('resume')) pause.focus();
    start.disabled = true;
    byId('unfinished').hidden = true;
    this.#begun = { step: 0, at: 0 };
    this.#say('Preparing …');
    const result = await attempt(work);
    start.disabled = false;
    if (document.activeElement === pause) start.focus({ preventScroll: true });
    pause.disabled = true;
    if (!result) this.#say('It did not work.');
    else {
      this.#keep(result.files);
      this.#say(
        result.finished
          ? `Done after ${result.step} steps.`
          : `Paused at step ${result.step} of ${this.#total}.`,
      );
      if (result.finished) note(`“${this.#name}” is learned. It is among the looks now.`);
    }
    await attempt(() => this.#offer());
  }

  #keep(files: Files): void {
    this.#latest = { name: this.#name, files };
    byId<HTMLButtonElement>('train-export').disabled = false;
    this.#events.onAdapter(this.#name, files);
  }

  #export(): void {
    if (!this.#latest) return;
    const name = fileName(this.#latest.name);
    download(`${name}.zip`, zipFiles(name, this.#latest.files));
  }

  #hear(event: string, data: unknown): void {
    if (event === 'pairs') {
      const { done, total } = data as { done: number; total: number };
      this.#say(`Drawing scenes: ${done} of ${total}`);
    } else if (event === 'progress') {
      const { stage, loaded, total } = data as Progress;
      if (stage === 'compile') this.#say(`Compiling: ${loaded} of ${total} kernels`);
    } else if (event === 'adapter') this.#keep((data as { files: Files }).files);
    else if (event === 'lost') {
      const { step, reason } = data as { step: number; reason: string };
      note(`The graphics device was lost (${reason}); training goes on after step ${step} on another.`);
      this.#begun = { step: 0, at: 0 };
      this.#chart.cut(step);
    } else if (event === 'step') {
      const { step, losses } = data as { step: number; losses: Losses };
      this.#step(step, losses);
    }
  }

  #step(step: number, losses: Losses): void {
    this.#chart.add(step, losses);
    const now = performance.now();
    if (!this.#begun.at) this.#begun = { step, at: now };
    const rate = (1000 * (step - this.#begun.step)) / (now - this.#begun.at);
    const left = rate > 0 ? ` · ${Math.ceil((this.#total - step) / rate)} s left` : '';
    const speed = rate > 0 ? ` · ${rate.toFixed(1)} steps/s` : '';
    this.#say(`Step ${step} of ${this.#total} · L1 ${losses.g_l1.toFixed(4)}${speed}${left}`);
  }

  #say(text: string): void {
    byId('train-said').textContent = text;
  }
}
