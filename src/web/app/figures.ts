import type { FrameStats } from '../worker/worker_filter.ts';
import { bytesText } from './dom.ts';

const WINDOW_MS = 2000;

/** Frames per second, times and memory, as one line that changes twice a second. */
export class Figures {
  readonly #line: HTMLElement;
  #times: number[] = [];
  #shown = 0;

  constructor(line: HTMLElement) {
    this.#line = line;
  }

  note(stats: FrameStats, moves: boolean): void {
    const now = performance.now();
    this.#times = [...this.#times.filter((t) => now - t < WINDOW_MS), now];
    if (moves && now - this.#shown < WINDOW_MS / 4) return;
    this.#shown = now;
    const { gpuMs, frameMs, bytes, width, height } = stats;
    const span = (now - this.#times[0]!) / 1000;
    const fps = moves && span > 0 ? `${((this.#times.length - 1) / span).toFixed(1)} fps` : '';
    const gpu = Number.isNaN(gpuMs) ? '' : `GPU ${gpuMs.toFixed(1)} ms`;
    this.#line.textContent = [
      fps,
      gpu,
      `frame ${frameMs.toFixed(0)} ms`,
      bytesText(bytes),
      `${width} × ${height}`,
    ]
      .filter(Boolean)
      .join(' · ');
  }
}
