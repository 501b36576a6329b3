import type { FileSource } from '../download.ts';
import { Filter, type FilterOptions } from '../filter.ts';
import type { AdapterSource } from '../model_files.ts';
import { Pace } from '../pace.ts';
import type { DrawOptions } from '../playback.ts';
import { WebError } from '../web_error.ts';
import { serveCalls } from './rpc.ts';

// The filter and its canvas, away from the page: frames come in, figures go back.

const SLOW_FPS = 8;

let filter: Filter | null = null;
let canvas: OffscreenCanvas | null = null;
let still: ImageBitmap | null = null;
let pace: Pace | null = null;

function opened(): Filter {
  if (!filter) throw new WebError('stopped', 'The filter is not open.');
  return filter;
}

function aboutAdapter(name: string) {
  const { loaded } = opened().adapters.get(name)!;
  return {
    name,
    bytes: loaded.bytes,
    warning: loaded.warning,
    prompt: loaded.adapter.metadata.get('e2gan.prompt') ?? '',
  };
}

/** Smaller pictures where frames take too long, in the background; only while something moves. */
function keepPace(): void {
  const { frameMs, width, height } = opened().stats;
  const edge = pace?.note(frameMs, Math.min(width, height)) ?? null;
  if (edge === null) return;
  if (edge === 'too slow') pace = null;
  else
    void opened()
      .resize(edge)
      .then(
        () => pace?.forget(),
        () => {},
      );
  tell('fallback', edge);
}

const api = {
  async open(target: OffscreenCanvas, options: Pick<FilterOptions, 'size' | 'storage'>) {
    canvas = target;
    filter = await Filter.open({
      ...options,
      onProgress: (progress) => tell('progress', progress),
      onState: (state, message) => tell('state', { state, message }),
    });
    return filter.support;
  },
  async base(source: FileSource) {
    const { name, bytes, sha256, generator } = await opened().loadBase(source);
    return { name, bytes, sha256, config: generator.config };
  },
  adapter: async (source: FileSource | AdapterSource, options: { name?: string; strength?: number }) =>
    aboutAdapter(await opened().loadAdapter(source, options)),
  remove: (name: string) => opened().removeAdapter(name),
  strengths: (values: Record<string, number>) => opened().strengths(values),
  async resize(edge: number, automatic: boolean) {
    pace = automatic ? new Pace(SLOW_FPS) : null;
    await opened().resize(edge);
  },
  ready: () => opened().ready(),
  /** Draws a picture that moves, or the still one anew. */
  async frame(source: VideoFrame | ImageBitmap | null, options: DrawOptions) {
    const f = opened();
    try {
      const shown = source ?? still;
      if (!shown) return null;
      await f.ready();
      const { width, height } = f.stats;
      if (canvas!.width !== width || canvas!.height !== height) Object.assign(canvas!, { width, height });
      await f.draw(shown, canvas!, options);
    } finally {
      source?.close();
    }
    if (source) keepPace();
    return { ...f.stats, timeline: f.timeline };
  },
  still(picture: ImageBitmap | null) {
    still?.close();
    still = picture;
    opened().forget();
  },
  forget: () => opened().forget(),
  profile: () => opened().profile(),
  exportBlend: (concept: string) => opened().exportBlend(concept),
  async values() {
    const { width, height } = opened().stats;
    return { width, height, values: await opened().values() };
  },
  /** For trying out what happens when a graphics device is lost. */
  destroyDevice: () => opened().destroyDevice(),
};

export type FilterApi = typeof api;
const tell = serveCalls(globalThis as unknown as Parameters<typeof serveCalls>[0], api);
