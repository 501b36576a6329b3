import { Fallback, type Reducible, type Slowness } from './fallback.ts';
import { type FrameSource, type Framing, isVideo } from './frame_source.ts';
import type { Showing } from './frames.ts';
import { WebError } from './web_error.ts';

/** How a frame is taken and shown. */
export interface DrawOptions extends Framing, Showing {}

/** A canvas to draw on; it must have no other context yet. */
export type Canvas = HTMLCanvasElement | OffscreenCanvas;

/** What a playback drives. */
export interface Drawer {
  /** Draws the source as it is now. */
  draw(options: PlayOptions): Promise<void>;
  /** What gets smaller where that takes too long; null where somebody else sees to it. */
  readonly reducible: Reducible | null;
}

/** How a moving source is followed. */
export interface PlayOptions extends DrawOptions {
  /**
   * Frames per second below which the network's pictures get smaller, and where that is not enough, the next of the
   * smaller bases takes over; 0 keeps all as it is. 10 where left out.
   */
  readonly leastFps?: number;
  /** Size or base have been changed, or there is nothing smaller left. */
  readonly onFallback?: (slowness: Slowness) => void;
  /** After each frame. */
  readonly onFrame?: () => void;
}

/** A filter that follows a source. */
export interface Playback {
  /** Options from the next frame on. */
  set(options: PlayOptions): void;
  /** Ends it after the frame under way; a second call does nothing. */
  stop(): Promise<void>;
  /** Resolves when it was stopped. @throws what ended it otherwise */
  readonly finished: Promise<void>;
}

/** `leastFps` where it is left out. */
export const LEAST_FPS = 10;

/** Until a source may have another frame. A hidden page gets none, so nothing runs there. */
function nextFrame(source: FrameSource): Promise<void> {
  return new Promise((resolve) => {
    if (isVideo(source) && 'requestVideoFrameCallback' in source && !source.paused)
      source.requestVideoFrameCallback(() => resolve());
    else requestAnimationFrame(() => resolve());
  });
}

const isStill = (source: FrameSource): boolean =>
  ['ImageBitmap', 'ImageData', 'HTMLImageElement', 'VideoFrame'].includes(source.constructor.name);

/** A video that has no frame yet gets its first one. @throws WebError `source` where it cannot be loaded */
async function firstFrame(video: HTMLVideoElement): Promise<void> {
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return;
  await new Promise<void>((resolve, reject) => {
    const failed = () =>
      reject(new WebError('source', `The video cannot be shown: ${video.error?.message || 'unknown kind'}.`));
    if (video.error) failed();
    video.addEventListener('loadeddata', () => resolve(), { once: true });
    video.addEventListener('error', failed, { once: true });
  });
}

/**
 * Follows a video or a canvas until it is stopped; anything else is drawn once. Resolves after the first
 * frame.
 */
export async function play(
  source: FrameSource,
  { draw, reducible }: Drawer,
  first: PlayOptions = {},
): Promise<Playback> {
  if (isVideo(source)) await firstFrame(source);
  let options = first;
  let stopped = false;
  let wake = () => {};
  const stopping = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const fallback = reducible && new Fallback(reducible, (slowness) => options.onFallback?.(slowness));
  const loop = async () => {
    while (!stopped && !isStill(source)) {
      await Promise.race([nextFrame(source), stopping]);
      if (stopped) return;
      await draw(options);
      options.onFrame?.();
      fallback?.note(options.leastFps ?? LEAST_FPS);
    }
  };
  await draw(options);
  options.onFrame?.();
  const finished = loop();
  finished.catch(() => {});
  return {
    set(next) {
      options = next;
    },
    async stop() {
      stopped = true;
      wake();
      await finished.catch(() => {});
    },
    finished,
  };
}
