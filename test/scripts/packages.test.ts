import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isInstalled } from '../../scripts/packages.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/webgpu': { version: '0.6.2' },
    'node_modules/sharp': { version: '0.35.5', optional: true },
  },
};
const webgpu = { 'node_modules/webgpu': { version: '0.6.2' } };

test('installed: the same versions; optional packages may be absent', () => {
  assert.ok(isInstalled(lock, { packages: webgpu }));
  assert.ok(isInstalled(lock, { packages: { ...webgpu, 'node_modules/sharp': { version: '0.35.5' } } }));
});

test('not installed: a package missing, or one of another version', () => {
  assert.not.ok(isInstalled(lock, { packages: {} }));
  assert.not.ok(isInstalled(lock, { packages: { 'node_modules/webgpu': { version: '0.6.1' } } }));
  assert.not.ok(isInstalled(lock, { packages: { ...webgpu, 'node_modules/sharp': { version: '0.34.0' } } }));
});

test.run();
