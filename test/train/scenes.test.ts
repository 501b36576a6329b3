import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Picture } from '../../src/model/picture.ts';
import { buildSamples } from '../../src/train/scenes/geometry.ts';
import { GRID, Material, type Samples } from '../../src/train/scenes/samples.ts';
import { renderPair, renderScene, sceneConcepts } from '../../src/train/scenes/scenes.ts';

const SIZE = 48;
const SEEDS = [3, 4, 7, 12, 21, 36];
const names = sceneConcepts.map((concept) => concept.name);

/** Mean absolute difference of two pictures, in levels of 255. */
function difference(a: Picture, b: Picture): number {
  let sum = 0;
  for (let k = 0; k < a.rgb.length; k++) sum += Math.abs(a.rgb[k]! - b.rgb[k]!);
  return sum / a.rgb.length;
}

/** How many of a pixel's samples, of four, fulfil `is`. */
function countSamples(samples: Samples, pixel: number, is: (i: number) => boolean): number {
  const size = samples.side / GRID;
  const first = (Math.floor(pixel / size) * samples.side + (pixel % size)) * GRID;
  return [first, first + 1, first + samples.side, first + samples.side + 1].filter(is).length;
}

/** Pixels all of whose samples fulfil `is`. */
function pixelsOf(samples: Samples, is: (i: number) => boolean): number[] {
  const pixels = Array.from({ length: (samples.side / GRID) ** 2 }, (_, pixel) => pixel);
  return pixels.filter((pixel) => countSamples(samples, pixel, is) === GRID * GRID);
}

function brightness(picture: Picture, pixels: readonly number[]): number {
  let sum = 0;
  for (const p of pixels) sum += picture.rgb[p * 3]! + picture.rgb[p * 3 + 1]! + picture.rgb[p * 3 + 2]!;
  return sum / (3 * pixels.length);
}

/** Spread of the brightness among pixels. */
function contrast(picture: Picture, pixels: readonly number[]): number {
  const mean = brightness(picture, pixels);
  return Math.sqrt(
    pixels.reduce((sum, p) => sum + (brightness(picture, [p]) - mean) ** 2, 0) / pixels.length,
  );
}

function allSeeds(check: (samples: Samples, seed: number) => void): void {
  for (const seed of SEEDS) check(buildSamples(seed, SIZE), seed);
}

const digest = (picture: Picture): string =>
  createHash('sha256').update(picture.rgb).digest('hex').slice(0, 16);

test('there are at least twelve concepts, each with its own name and prompt', () => {
  assert.ok(names.length >= 12);
  assert.is(new Set(names).size, names.length);
  assert.is(new Set(sceneConcepts.map((concept) => concept.prompt)).size, names.length);
});

test('the bytes are the same on every machine', () => {
  const drawn = Object.fromEntries(['day', ...names].map((name) => [name, digest(sceneOf(name))]));
  assert.equal(drawn, EXPECTED);
});

function sceneOf(name: string): Picture {
  return renderScene(5, 40, name === 'day' ? undefined : name);
}

test('a pair is the plain scene and the scene under the concept', () => {
  for (const name of ['snow', 'ink', 'flood']) {
    const { input, target } = renderPair(9, 24, name);
    assert.equal(input, renderScene(9, 24));
    assert.equal(target, renderScene(9, 24, name));
  }
});

test('every concept changes the picture clearly, and no two make the same of it', () => {
  for (const name of names) {
    const changes = SEEDS.map((seed) => {
      const { input, target } = renderPair(seed, SIZE, name);
      return difference(input, target);
    });
    const mean = changes.reduce((a, b) => a + b) / changes.length;
    assert.ok(mean > 5 && mean < 150, `${name} changes by ${mean.toFixed(1)} levels`);
  }
  const targets = names.map((name) => renderScene(12, SIZE, name));
  targets.forEach((target, k) => {
    const nearest = Math.min(
      ...targets.filter((_, other) => other !== k).map((other) => difference(target, other)),
    );
    assert.ok(nearest > 5, `${names[k]} is ${nearest.toFixed(1)} levels from another concept`);
  });
});

test('seeds give different scenes', () => {
  const pictures = Array.from({ length: 12 }, (_, seed) => renderScene(seed, 32));
  pictures.forEach((a, k) => {
    for (const b of pictures.slice(k + 1)) assert.ok(difference(a, b) > 12);
  });
});

test('autumn and blossoms change nothing but leaves and their mirror image', () => {
  for (const name of ['autumn', 'blossoms']) {
    allSeeds((samples, seed) => {
      const { input, target } = renderPair(seed, SIZE, name);
      const leafy = (i: number): boolean => samples.material[i] === Material.leaf;
      const mirror = (i: number): boolean => samples.material[i] === Material.water;
      for (let p = 0; p < SIZE * SIZE; p++) {
        const same = [0, 1, 2].every((k) => input.rgb[p * 3 + k] === target.rgb[p * 3 + k]);
        const near = (i: number): boolean => leafy(i) && samples.depth[i]! < 100;
        if (countSamples(samples, p, (i) => leafy(i) || mirror(i)) === 0)
          assert.ok(same, `${name} ${seed}: ${p}`);
        if (countSamples(samples, p, near) === 4) assert.not(same, `${name} ${seed}: leaves at ${p}`);
      }
    });
  }
});

test('snow whitens roofs and grass, and leaves walls alone', () => {
  allSeeds((samples, seed) => {
    const { input, target } = renderPair(seed, SIZE, 'snow');
    for (const material of [Material.roof, Material.grass]) {
      const pixels = pixelsOf(samples, (i) => samples.material[i] === material && samples.depth[i]! < 60);
      if (pixels.length < 8) continue;
      assert.ok(
        brightness(target, pixels) > brightness(input, pixels) + 25,
        `seed ${seed} material ${material}`,
      );
    }
    const walls = pixelsOf(samples, (i) => samples.material[i] === Material.wall);
    if (walls.length >= 8) assert.ok(brightness(target, walls) < brightness(input, walls) + 25);
  });
});

test('night darkens the land but lights windows', () => {
  let windows = 0;
  allSeeds((samples, seed) => {
    const { input, target } = renderPair(seed, SIZE, 'night');
    const land = pixelsOf(samples, (i) => samples.part[i] === 0 && samples.material[i] !== Material.sky);
    assert.ok(brightness(target, land) < 0.5 * brightness(input, land));
    const lit = pixelsOf(samples, (i) => samples.material[i] === Material.window && samples.tint[i]! < 0.6);
    windows += lit.length;
    if (lit.length > 0) assert.ok(brightness(target, lit) > 2 * brightness(target, land), `seed ${seed}`);
  });
  assert.ok(windows > 0, 'no scene shows a window');
});

test('fog takes more from what is far', () => {
  allSeeds((samples, seed) => {
    const { input, target } = renderPair(seed, SIZE, 'fog');
    const inRange = (near: number, far: number): number[] =>
      pixelsOf(samples, (i) => samples.depth[i]! >= near && samples.depth[i]! < far);
    const [near, far] = [inRange(0, 22), inRange(60, 1e6)];
    if (near.length < 20 || far.length < 20) return;
    const kept = (pixels: number[]): number => contrast(target, pixels) / contrast(input, pixels);
    assert.ok(kept(near) > 2 * kept(far), `seed ${seed}: ${kept(near)} near, ${kept(far)} far`);
  });
});

test('a flood covers the low ground, and nothing above its level changes', () => {
  allSeeds((samples, seed) => {
    const { input, target } = renderPair(seed, SIZE, 'flood');
    const changed = (i: number): boolean =>
      [0, 1, 2].some((k) => input.rgb[i * 3 + k] !== target.rgb[i * 3 + k]);
    const flooded = Array.from({ length: SIZE * SIZE }, (_, p) => p).filter(changed);
    assert.ok(flooded.length > 0.08 * SIZE * SIZE, `seed ${seed}: ${flooded.length} pixels`);
    const level = Math.max(...flooded.map((p) => Math.min(...heightsOf(samples, p))));
    const below = pixelsOf(
      samples,
      (i) => samples.material[i] !== Material.sky && samples.height[i]! < level - 0.01,
    );
    assert.ok(below.filter((p) => !changed(p)).length < 0.02 * below.length, `seed ${seed}`);
  });
});

function heightsOf(samples: Samples, pixel: number): number[] {
  const heights: number[] = [];
  countSamples(samples, pixel, (i) => heights.push(samples.height[i]!) > 0);
  return heights;
}

test('pictures of any size show the same scene', () => {
  for (const size of [16, 33, 256]) {
    const { input, target } = renderPair(4, size, 'watercolour');
    for (const picture of [input, target]) {
      assert.equal([picture.width, picture.height, picture.rgb.length], [size, size, size * size * 3]);
    }
  }
  const large = renderScene(4, 64);
  const small = renderScene(4, 32);
  const halved = small.rgb.map((_, k) => {
    const at = (Math.floor(k / 96) * 128 + (Math.floor(k / 3) % 32) * 2) * 3 + (k % 3);
    return 0.25 * (large.rgb[at]! + large.rgb[at + 3]! + large.rgb[at + 192]! + large.rgb[at + 195]!);
  });
  assert.ok(difference(small, { ...small, rgb: halved }) < 8);
});

test('an unknown concept is named, with what comes near', () => {
  assert.throws(() => renderScene(1, 16, 'autum'), /"autum".*did you mean "autumn".*snow/);
  assert.throws(() => renderPair(1, 16, 'zebra'), /"zebra".*autumn/);
});

/** Digests of scene 5 at 40 pixels; they change only when scenes are meant to look different. */
const EXPECTED: Record<string, string> = {
  day: 'b2c6b1e5d33c6ef0',
  autumn: '910f5ca108e5b518',
  snow: 'fd1f96dd216e9a2f',
  blossoms: 'db342aa977dad014',
  meadow: 'e64dab51dabcf7d2',
  dusk: '09a67f8273575a80',
  night: 'a69f3760b1f0bc18',
  fog: 'c69437c1b4dd321b',
  rain: 'd463e92a5f557d93',
  storm: '71d164d9b06ae3a0',
  flood: '7253efe6b8e5a006',
  drought: 'baf077fa9dd37bee',
  lava: '2128fc250daaf2f7',
  sunken: 'cf1f680b14ab9179',
  neon: '42ec447bee13b572',
  candy: 'd662e23a49d375a5',
  watercolour: '134c44fdcc66e609',
  impressionist: '50079d7c4a3fc88f',
  starry: 'bf4d62f2d760dcba',
  ink: 'c53da356b189135e',
  pencil: 'e2917bffc3f2bcc4',
  blueprint: '2177c17c7467a2af',
  poster: '3ea50028480cbe41',
  glass: 'a60d772cbfe4a09d',
};

test.run();
