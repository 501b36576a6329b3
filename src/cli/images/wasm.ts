import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
/** Above this a decoder is not kept: the memory of a wasm instance never shrinks. */
const KEPT_PIXELS = 4_000_000;

/** Pixels as a wasm codec hands them out: RGBA8. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The picture class the codecs construct; browsers have it, Node does not. */
class PlainImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

interface Codec {
  decode(bytes: Uint8Array, ...flags: readonly boolean[]): PlainImageData | null;
}

/** An instance of a codec, and what it wrote to its standard error. */
interface Running {
  readonly codec: Codec;
  readonly complaints: string[];
}

interface ModuleOptions {
  readonly noInitialRun: boolean;
  printErr(line: string): void;
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports;
}

/** A codec package: how it is loaded, where its code lies, and what its `decode` wants besides bytes. */
interface Source {
  readonly flags: readonly boolean[];
  readonly wasm: string;
  readonly create: () => Promise<{ default(options: ModuleOptions): Promise<unknown> }>;
}

const SOURCES = {
  jpeg: {
    flags: [false], // not to apply the EXIF orientation
    wasm: '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
    create: () => import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js') as ReturnType<Source['create']>,
  },
  webp: {
    flags: [],
    wasm: '@jsquash/webp/codec/dec/webp_dec.wasm',
    create: () => import('@jsquash/webp/codec/dec/webp_dec.js') as ReturnType<Source['create']>,
  },
} satisfies Record<string, Source>;

const running = new Map<string, Promise<Running>>();

/**
 * JPEG or WebP bytes to RGBA8 by mozjpeg or libwebp in wasm, EXIF orientation not applied.
 * @throws Error also where the codec only warns: it paints missing data grey.
 */
export async function decodeWasm(format: keyof typeof SOURCES, bytes: Uint8Array): Promise<Rgba> {
  if (!running.has(format)) running.set(format, start(SOURCES[format]));
  const { codec, complaints } = await running.get(format)!;
  try {
    const image = codec.decode(bytes, ...SOURCES[format].flags);
    if (!image || complaints.length > 0) throw new Error(complaints[0] ?? 'its data cannot be decoded');
    const { width, height, data } = image;
    if (width * height > KEPT_PIXELS) running.delete(format);
    return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    // An instance that has failed once is in no defined state.
    running.delete(format);
    throw new Error(complaints[0] ?? (error instanceof Error ? error.message : 'its data cannot be decoded'));
  }
}

async function start({ wasm, create }: Source): Promise<Running> {
  Object.assign(globalThis, { ImageData: globalThis.ImageData ?? PlainImageData });
  const module = await WebAssembly.compile(await readFile(require.resolve(wasm)));
  const factory = await create();
  const complaints: string[] = [];
  const codec = await factory.default({
    noInitialRun: true,
    printErr: (line) => complaints.push(line),
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  });
  return { codec: codec as Codec, complaints };
}
