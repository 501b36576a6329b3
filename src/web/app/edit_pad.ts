import type { Picture } from '../../model/picture.ts';

/** How a brush changes what is under it, as canvases name it. */
export type BrushMode = 'color' | 'source-over' | 'multiply' | 'screen';

const STEP = 8;

/** A photograph to draw an edit over: the two make a pair. */
export class EditPad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #under = document.createElement('canvas');
  #at: readonly [number, number] | null = null;
  colour = '#ff7a1a';
  mode: BrushMode = 'color';
  size = 48;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#at = null;
      this.#move(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.#move(event);
    });
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Takes the middle square of a picture. */
  photograph(source: CanvasImageSource, width: number, height: number): void {
    const { width: edge } = this.#canvas;
    Object.assign(this.#under, { width: edge, height: edge });
    const side = Math.min(width, height);
    this.#under
      .getContext('2d')!
      .drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, edge, edge);
    this.clear();
  }

  clear(): void {
    this.#context.globalCompositeOperation = 'copy';
    this.#context.drawImage(this.#under, 0, 0);
  }

  /** The brush over everything. */
  fill(): void {
    this.#context.globalCompositeOperation = this.mode;
    this.#context.fillStyle = this.colour;
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #move({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / width;
    this.#paint([(clientX - left) * scale, ((clientY - top) * this.#canvas.height) / height]);
  }

  #key(event: KeyboardEvent): void {
    const [x, y] = this.#at ?? [this.#canvas.width / 2, this.#canvas.height / 2];
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    };
    const step = steps[event.key];
    if (!step && event.key !== ' ') return;
    event.preventDefault();
    if (step) this.#at = [x + step[0], y + step[1]];
    else this.#paint([x, y]);
  }

  #paint(to: readonly [number, number]): void {
    const context = this.#context;
    const from = this.#at ?? to;
    this.#at = to;
    context.globalCompositeOperation = this.mode;
    context.strokeStyle = this.colour;
    context.fillStyle = this.colour;
    context.lineWidth = this.size;
    context.lineCap = 'round';
    context.beginPath();
    if (from[0] === to[0] && from[1] === to[1]) {
      // A line of no length shows nothing.
      context.arc(...to, this.size / 2, 0, 2 * Math.PI);
      context.fill();
      return;
    }
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }

  /** The pair as it is drawn. */
  get pair(): { input: Picture; target: Picture } {
    const { width, height } = this.#canvas;
    const read = (context: CanvasRenderingContext2D) => pictureOf(context.getImageData(0, 0, width, height));
    return { input: read(this.#under.getContext('2d')!), target: read(this.#context) };
  }
}

/** A canvas's pixels without alpha. */
export function pictureOf({ width, height, data }: ImageData): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) rgb.set(data.subarray(from, from + 3), to);
  return { width, height, rgb };
}
