import uPlot from 'uplot';
import type { Losses } from '../../train/trainer.ts';

const HEIGHT = 190;
const KEEP = 0.9;

/** L1 and adversarial loss over the steps, L1 also as a running mean. */
export class LossChart {
  readonly #element: HTMLElement;
  #plot: uPlot | null = null;
  #data: [number[], number[], number[], number[]] = [[], [], [], []];
  #mean = Number.NaN;
  #due = false;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  clear(): void {
    this.#data = [[], [], [], []];
    this.#mean = Number.NaN;
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** Leaves out what comes after a step: it will come again. */
  cut(step: number): void {
    const kept = this.#data[0].filter((at) => at <= step).length;
    for (const values of this.#data) values.length = kept;
    this.#mean = this.#data[2].at(-1) ?? Number.NaN;
  }

  add(step: number, { g_l1, g_gan }: Losses): void {
    this.#mean = Number.isNaN(this.#mean) ? g_l1 : KEEP * this.#mean + (1 - KEEP) * g_l1;
    [step, g_l1, this.#mean, g_gan].forEach((value, i) => void this.#data[i]!.push(value));
    // Drawn when the page is next painted, not for every step.
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw(): void {
    const width = this.#element.clientWidth;
    if (!width || this.#data[0].length < 2) return;
    if (!this.#plot) this.#plot = new uPlot(this.#options(width), this.#data, this.#element);
    else {
      if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
      this.#plot.setData(this.#data);
    }
  }

  #options(width: number): uPlot.Options {
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const probe = document.createElement('span');
    this.#element.append(probe);
    const shown = (name: string) => {
      probe.style.color = colour(name);
      return getComputedStyle(probe).color;
    };
    const [text, line, accent] = ['--soft', '--line', '--accent'].map(shown) as [string, string, string];
    probe.remove();
    const axis = {
      stroke: text,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
      size: 44,
    };
    return {
      width,
      height: HEIGHT,
      legend: { live: false },
      scales: { x: { time: false }, gan: {} },
      axes: [{ ...axis, size: 30 }, axis, { ...axis, scale: 'gan', side: 1, grid: { show: false } }],
      series: [
        { label: 'step' },
        { label: 'L1', stroke: line, width: 1, points: { show: false } },
        { label: 'L1, mean', stroke: accent, width: 2, points: { show: false } },
        { label: 'adversarial', stroke: '#d9822b', width: 1, scale: 'gan', points: { show: false } },
      ],
    };
  }
}
