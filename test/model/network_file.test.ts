import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../src/model/format_error.ts';
import { type NetworkDesign, networkOf } from '../../src/model/network_design.ts';
import {
  readGenerator,
  readNetworkFile,
  writeGenerator,
  writeNetworkFile,
} from '../../src/model/network_file.ts';
import { readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import type { Arrays } from '../../src/model/weights.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';

const E2GAN = { width: 4, heads: 1, context: 8, skips: true };
const DESIGNS: readonly NetworkDesign[] = [
  { kind: 'e2gan', config: E2GAN },
  { kind: 'resnet', config: { width: 4, blocks: 2 } },
  { kind: 'unet', config: { width: 4, depth: 4 } },
  { kind: 'comodgan', config: { edge: 16, width: 4 } },
];
const about = new Map([['e2gan.name', 'small']]);

const weightsOf = (design: NetworkDesign): Arrays => initialWeights(networkOf(design).specs, new Random(1));

const bytesOf = (design: NetworkDesign) => writeNetworkFile({ design, weights: weightsOf(design), about });

const refused = (bytes: Uint8Array, pattern: RegExp) =>
  assert.throws(
    () => readNetworkFile(bytes),
    (error: unknown) => error instanceof FormatError && pattern.test(error.message),
  );

/** The file of a U-Net with other metadata. */
function withMetadata(entries: Readonly<Record<string, string>>): Uint8Array {
  const { tensors } = readSafetensors(bytesOf(DESIGNS[2]!));
  return writeSafetensors(tensors, new Map(Object.entries(entries)));
}

test('a generator of every kind comes back as it was written', () => {
  for (const design of DESIGNS) {
    const file = readNetworkFile(bytesOf(design));
    assert.equal(file.design, design);
    assert.is(file.network.name, networkOf(design).name);
    assert.equal(file.about, about);
    assert.equal([...file.weights.keys()].sort(), [...weightsOf(design).keys()].sort());
    for (const [name, { data }] of weightsOf(design)) assert.equal(file.weights.get(name)!.data, data, name);
  }
});

test('a base is a network file of its kind, byte for byte, and a baseline is no base', () => {
  const [design] = DESIGNS as [Extract<NetworkDesign, { kind: 'e2gan' }>];
  const base = writeGenerator({ config: E2GAN, weights: weightsOf(design), about });
  assert.equal(base, bytesOf(design));
  assert.throws(() => readGenerator(bytesOf(DESIGNS[1]!)), /no e2gan\.generator/);
});

test('files of no kind, of two kinds, and of impossible sizes are refused by name', () => {
  const unet = '{"width":4,"depth":4}';
  refused(withMetadata({}), /none of e2gan\.generator, e2gan\.resnet, e2gan\.unet, e2gan\.comodgan/);
  refused(withMetadata({ 'e2gan.unet': unet, 'e2gan.resnet': unet }), /e2gan\.resnet and e2gan\.unet/);
  refused(withMetadata({ 'e2gan.unet': '{"width":4}' }), /"depth" is undefined/);
  refused(withMetadata({ 'e2gan.unet': 'width' }), /e2gan\.unet is not JSON/);
  refused(withMetadata({ 'e2gan.unet': '{"width":4,"depth":13}' }), /e2gan\.unet: a depth of 13/);
  refused(withMetadata({ 'e2gan.resnet': '{"width":4,"blocks":60000}' }), /60000 blocks/);
  refused(withMetadata({ 'e2gan.comodgan': '{"edge":24,"width":4}' }), /24 pixels.*power of two/);
  refused(withMetadata({ 'e2gan.comodgan': '{"edge":65536,"width":4}' }), /65536 pixels/);
  refused(withMetadata({ 'e2gan.comodgan': '{"edge":16,"width":6}' }), /multiples of 4/);
  refused(withMetadata({ 'e2gan.unet': '{"width":4,"depth":5}' }), /missing|is .*needs/);
});

test.run();
