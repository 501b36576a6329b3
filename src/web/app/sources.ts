import type { Picture } from '../../model/picture.ts';
import { messageOf, WebError } from '../web_error.ts';
import { grab } from '../worker/grab.ts';

const CAMERA: MediaStreamConstraints = {
  video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: 'user' },
  audio: false,
};

/** Why a camera does not come, by the browser's name for it. */
const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError:
    'The camera is not allowed here: allow it in the browser’s site settings and press Camera again.',
  NotFoundError: 'There is no camera. Plug one in, or open a picture or a video.',
  NotReadableError: 'The camera is in use by another program: close that and press Camera again.',
  OverconstrainedError: 'The camera offers no picture that can be used.',
};

/** What the owner of sources hears. */
export interface SourceEvents {
  /** There is a still picture, to be drawn now and after every change; null where something moves. */
  readonly onStill: (picture: ImageBitmap | null) => void;
  /** The camera went away by itself. */
  readonly onEnded: (message: string) => void;
}

const opened = (): HTMLVideoElement => {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, loop: true });
  return video;
};

/**
 * The one source at a time: camera, video, picture or scene. Whatever is asked for last is what comes; what was asked
 * for before and arrives later is given back.
 */
export class Sources {
  readonly #events: SourceEvents;
  #video: HTMLVideoElement | null = null;
  #stream: MediaStream | null = null;
  #url: string | null = null;
  #asked = 0;

  constructor(events: SourceEvents) {
    this.#events = events;
  }

  get isCamera(): boolean {
    return this.#stream !== null;
  }

  get moves(): boolean {
    return this.#video !== null;
  }

  get video(): HTMLVideoElement | null {
    return this.#video;
  }

  /** Ends whatever there is. */
  stop(): void {
    this.#asked++;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    if (this.#video) {
      this.#video.pause();
      this.#video.srcObject = null;
      this.#video.removeAttribute('src');
    }
    this.#video = null;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }

  /** @returns whether it is the source now @throws WebError `camera` with the remedy */
  async camera(): Promise<boolean> {
    this.stop();
    const mine = this.#asked;
    if (!navigator.mediaDevices)
      throw new WebError(
        'camera',
        'Cameras work on secure pages only: open this page by https or on localhost.',
      );
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(CAMERA);
    } catch (cause) {
      const reason = REASONS[(cause as Error).name] ?? `The camera cannot be used: ${messageOf(cause)}`;
      throw new WebError('camera', reason, { cause });
    }
    if (this.#asked !== mine) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.#stream = stream;
    for (const track of stream.getVideoTracks())
      track.addEventListener('ended', () => {
        if (this.#stream !== stream) return;
        this.stop();
        this.#events.onEnded('The camera is gone: plug it in again and press Camera.');
      });
    return this.#play(mine, (video) => {
      video.srcObject = stream;
    });
  }

  async #play(mine: number, load: (video: HTMLVideoElement) => void): Promise<boolean> {
    const video = opened();
    this.#video = video;
    load(video);
    try {
      await video.play();
    } catch (cause) {
      if (this.#asked !== mine) return false;
      this.stop();
      throw new WebError('source', `This video cannot be played: ${messageOf(cause)}`, { cause });
    }
    if (this.#asked !== mine) return false;
    this.#events.onStill(null);
    return true;
  }

  /** A picture or a video from a file. @throws WebError `source` naming it */
  async file(file: File): Promise<boolean> {
    if (file.type.startsWith('video/')) {
      this.stop();
      const url = URL.createObjectURL(file);
      this.#url = url;
      return this.#play(this.#asked, (video) => {
        video.src = url;
      });
    }
    const mine = ++this.#asked;
    let picture: ImageBitmap;
    try {
      picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
    } catch (cause) {
      throw new WebError('source', `${file.name}: is no picture that this browser can read`, { cause });
    }
    return this.#still(mine, picture);
  }

  /** A picture that is in memory or on its way there, such as a scene. */
  async picture(coming: Promise<Picture>): Promise<boolean> {
    const mine = ++this.#asked;
    const { width, height, rgb } = await coming;
    const pixels = new ImageData(width, height);
    for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
      pixels.data.set(rgb.subarray(from, from + 3), to);
      pixels.data[to + 3] = 255;
    }
    return this.#still(mine, await createImageBitmap(pixels));
  }

  #still(mine: number, picture: ImageBitmap): boolean {
    if (this.#asked !== mine) {
      picture.close();
      return false;
    }
    this.stop();
    this.#events.onStill(picture);
    return true;
  }

  /** The frame that the video shows now; null where there is none yet. */
  async grab(): Promise<VideoFrame | ImageBitmap | null> {
    return this.#video && grab(this.#video);
  }
}
