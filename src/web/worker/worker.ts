// The package's entry point `e2gan/worker`: a worker's whole script. A filter and its canvas, away from the page: frames
// come in, figures go back. `e2gan/page` has the other end.
import type { FileSource } from '../download.ts';
import { Fallback } from '../fallback.ts';
import { Filter } from '../filter.ts';
import type { FilterOptions } from '../filter_options.ts';
import type { AdapterSource, Base, SmallerBase } from '../model_files.ts';
import type { DrawOptions } from '../playback.ts';
import { WebError } from '../web_error.ts';
import { serveCalls } from './rpc.ts';

let filter: Filter | null = null;
let canvas: OffscreenCanvas | null = null;
let still: ImageBitmap | null = null;
/** The frame that is being drawn, for as long as it reads its picture. */
let underway: Promise<void> = Promise.resolve();
let fallback: Fallback | null = null;

function opened(): Filter {
  if (!filter) throw new WebError('stopped', 'The filter is not open.');
  return filter;
}

const aboutBase = ({ name, bytes, sha256, generator: { config } }: Base) => ({ name, bytes, sha256, config });

function aboutAdapter(name: string) {
  const { loaded } = opened().adapters.get(name)!;
  return {
    name,
    bytes: loaded.bytes,
    warning: loaded.warning,
    prompt: loaded.adapter.metadata.get('e2gan.prompt') ?? '',
  };
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
  async base(source: FileSource, smaller: readonly SmallerBase[]) {
    const f = opened();
    const base = aboutBase(await f.loadBase(source, { smaller }));
    fallback = new Fallback(f, (slowness) =>
      tell('fallback', { slowness, adapters: [...f.adapters.keys()], base: aboutBase(f.base) }),
    );
    return base;
  },
  adapter: async (
    source: FileSource | AdapterSource,
    options: { readonly name?: string; readonly strength?: number },
  ) => aboutAdapter(await opened().loadAdapter(source, options)),
  remove: (name: string) => opened().removeAdapter(name),
  strengths: (values: Readonly<Record<string, number>>) => opened().strengths(values),
  resize: (size: FilterOptions['size']) => opened().resize(size),
  ready: () => opened().ready(),
  /** Draws a picture that moves, or the still one anew. @param leastFps - see `PlayOptions`, for what moves */
  async frame(source: VideoFrame | ImageBitmap | null, options: DrawOptions, leastFps: number) {
    const f = opened();
    try {
      if (!source && !still) return null;
      await f.ready();
      // Compiling takes seconds, in which another picture may have come.
      const shown = source ?? still;
      if (!shown) return null;
      const { width, height } = f.stats;
      if (canvas!.width !== width || canvas!.height !== height) Object.assign(canvas!, { width, height });
      underway = f.draw(shown, canvas!, options);
      await underway;
    } finally {
      source?.close();
    }
    if (source) fallback?.note(leastFps);
    return { ...f.stats, timeline: f.timeline };
  },
  still(picture: ImageBitmap | null) {
    const before = still;
    still = picture;
    void underway.catch(() => {}).then(() => before?.close());
    opened().forget();
  },
  forget: () => opened().forget(),
  profile: () => opened().profile(),
  exportBlend: (concept: string) => opened().exportBlend(concept),
  async values() {
    const { width, height } = opened().stats;
    return { width, height, values: await opened().values() };
  },
  destroyDevice: () => opened().destroyDevice(),
};

export type FilterApi = typeof api;
const tell = serveCalls(globalThis as unknown as Parameters<typeof serveCalls>[0], api);
