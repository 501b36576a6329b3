import { ADAPTER_METADATA, tensorKey } from '../../model/adapter_file.ts';
import { kohyaKey } from '../../model/kohya.ts';
import { readHeader } from '../../model/safetensors_header.ts';
import { adapterName, type StoredAdapter, sha256 } from './stored.ts';

const WHOLE = /^[1-9][0-9]{0,14}$/;

/** A whole number of the metadata, or null. */
const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && WHOLE.test(text) ? Number(text) : null;

const SHA256 = /^[0-9a-f]{64}$/;

/** What an adapter's file says about it, with its size: what `inspect` and a library's index tell alike. */
export function aboutAdapter(stored: StoredAdapter) {
  const { adapter, bytes } = stored;
  const about = (key: keyof typeof ADAPTER_METADATA) => adapter.metadata.get(ADAPTER_METADATA[key]);
  const hash = about('baseSha256');
  let weights = 0;
  for (const { A, B } of adapter.layers.values()) weights += A.data.length + B.data.length;
  return {
    name: adapterName(stored),
    prompt: about('prompt') ?? '',
    base: {
      name: adapter.baseModel,
      sha256: hash !== undefined && SHA256.test(hash) ? hash : null,
      weights: wholeNumber(about('baseWeights')),
    },
    image_size: wholeNumber(about('imageSize')),
    train_pairs: wholeNumber(about('trainPairs')),
    bytes: bytes.length,
    sha256: sha256(bytes),
    weights,
  };
}

/** Types that a layer's weights are stored in, by path: `F16`, or `F16/F32` where A's and B's differ. */
export function storedTypes({ adapter, bytes, format }: StoredAdapter): Map<string, string> {
  const dtypes = new Map(readHeader(bytes).tensors.map(({ name, dtype }) => [name, dtype]));
  const keyOf = format === 'peft' ? tensorKey : kohyaKey;
  return new Map(
    [...adapter.layers.keys()].map((path) => {
      const pair = (['A', 'B'] as const).map((matrix) => dtypes.get(keyOf(path, matrix))!);
      return [path, [...new Set(pair)].join('/')];
    }),
  );
}
