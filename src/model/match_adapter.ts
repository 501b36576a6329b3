import type { Adapter, AdapterLayer } from './adapter_layer.ts';
import { FormatError, quoted, shapeText } from './format_error.ts';
import { didYouMean } from './nearest.ts';

/** A module of a model that an adapter can change. */
export interface AdaptableModule {
  readonly kind: 'linear' | 'conv2d' | 'conv_transpose2d';
  /** As in files: [o,i], [o,i,kh,kw], transposed [i,o,kh,kw]. */
  readonly weightShape: readonly number[];
}

/**
 * Makes sure that every layer of an adapter fits a module of the model.
 *
 * @param modules by path
 * @throws FormatError naming the first that does not fit, with the nearest path or both shapes
 */
export function matchAdapter({ layers }: Adapter, modules: ReadonlyMap<string, AdaptableModule>): void {
  const unknown = [...layers.keys()].filter((path) => !modules.has(path));
  if (unknown.length > 0) {
    const count = unknown.length === layers.size ? 'none' : `${layers.size - unknown.length}`;
    const first = quoted(unknown[0]!) + didYouMean(unknown[0]!, modules.keys());
    throw new FormatError(
      `${count} of the adapter's ${layers.size} layers are in this model; it has no ${first}`,
    );
  }
  for (const [path, layer] of layers) matchLayer(path, layer, modules.get(path)!);
}

function matchLayer(path: string, layer: AdapterLayer, { kind, weightShape }: AdaptableModule): void {
  if (layer.transposed !== (kind === 'conv_transpose2d')) {
    const made = layer.transposed ? 'a transposed convolution' : 'a plain layer';
    throw new FormatError(`the adapter's ${quoted(path)} was made for ${made}, but the model's is ${kind}`);
  }
  const { A, B, rank } = layer;
  const [first, second, ...kernel] = weightShape;
  const [out, into] = layer.transposed ? [second!, first!] : [first!, second!];
  const wantedA = layer.transposed ? [into, rank, ...kernel] : [rank, into, ...kernel];
  const wantedB = [out, rank, ...kernel.map(() => 1)];
  for (const [name, got, wanted] of [['A', A.shape, wantedA] as const, ['B', B.shape, wantedB] as const]) {
    if (shapeText(got) === shapeText(wanted)) continue;
    const weight = `the model's weight ${shapeText(weightShape)} needs ${shapeText(wanted)}`;
    throw new FormatError(`lora_${name} of ${quoted(path)} is ${shapeText(got)}, but ${weight}`);
  }
}
