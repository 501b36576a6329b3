import { WebError } from '../web_error.ts';
import { download } from './dom.ts';

const TYPES = ['video/mp4;codecs=avc1', 'video/webm;codecs=vp9', 'video/webm'];
const FPS = 30;

/** Records what the canvas shows. A copy is recorded, since not every browser streams a canvas that a worker draws. */
export class Recorder {
  readonly #canvas: HTMLCanvasElement;
  readonly #copy = document.createElement('canvas');
  #recorder: MediaRecorder | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  get isOn(): boolean {
    return this.#recorder !== null;
  }

  /** @param edge - of the recording, in pixels @throws WebError where the browser cannot record */
  start(edge: number): void {
    if (this.#recorder) return;
    const type =
      typeof MediaRecorder === 'function' ? TYPES.find((t) => MediaRecorder.isTypeSupported(t)) : null;
    if (!type) throw new WebError('source', 'This browser cannot record.');
    this.#copy.width = edge;
    this.#copy.height = edge;
    this.frame();
    this.#recorder = new MediaRecorder(this.#copy.captureStream(FPS), {
      mimeType: type,
      videoBitsPerSecond: 8_000_000,
    });
    this.#recorder.start();
  }

  /** Begins, or ends and gives the user the file. @throws WebError where the browser cannot record */
  async toggle(edge: number): Promise<void> {
    if (!this.isOn) {
      this.start(edge);
      return;
    }
    const made = await this.stop();
    if (made) download(`e2gan.${made.extension}`, made.file);
  }

  /** Takes over what the canvas shows. */
  frame(): void {
    const { width, height } = this.#copy;
    this.#copy.getContext('2d')!.drawImage(this.#canvas, 0, 0, width, height);
  }

  /** Ends it. @returns the file, and what its name ends with */
  async stop(): Promise<{ file: Blob; extension: string } | null> {
    const recorder = this.#recorder;
    if (!recorder) return null;
    this.#recorder = null;
    const pieces: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
    const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve, { once: true }));
    recorder.stop();
    await stopped;
    for (const track of recorder.stream.getTracks()) track.stop();
    const { mimeType } = recorder;
    return {
      file: new Blob(pieces, { type: mimeType }),
      extension: mimeType.includes('mp4') ? 'mp4' : 'webm',
    };
  }
}
