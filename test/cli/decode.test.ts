import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadNative } from '../../src/cli/images/native.ts';
import { checkPictures } from './reference_pictures.ts';
import { sharedFolder } from './scratch.ts';

const folder = sharedFolder('images');
const whereShared = folder ? test : test.skip;

whereShared('every reference picture is decoded within its tolerance, by sharp', async () => {
  const native = await loadNative();
  if (!native) return console.log('skipped: the optional package sharp is not installed');
  assert.equal(await checkPictures(folder!, native), { count: 118, wrong: [] });
});

whereShared(
  'every reference picture is decoded within its tolerance, without sharp; CMYK is refused',
  async () => {
    assert.equal(await checkPictures(folder!, null), { count: 118, wrong: [] });
  },
);

test.run();
