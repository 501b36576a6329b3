import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseList } from '../../scripts/apt_sources.mjs';
import { parseRelease } from '../../scripts/release.mjs';
import { remedy } from '../../scripts/remedy.mjs';

test('os-release: quoted and bare values', () => {
  const text = 'PRETTY_NAME="Linux Mint 22"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\n';
  assert.equal(parseRelease(text), {
    id: 'linuxmint',
    codename: 'wilma',
    family: ['linuxmint', 'ubuntu', 'debian'],
  });
  assert.equal(parseRelease(''), { id: '', codename: '', family: [] });
});

test('each distribution is told its own command', () => {
  const expected: [string, RegExp][] = [
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble', /^sudo apt-get install .*mesa-vulkan-drivers/],
    ['ID=fedora', /^sudo dnf install/],
    ['ID=rocky\nID_LIKE="rhel centos fedora"', /^sudo dnf install/],
    ['ID=manjaro\nID_LIKE=arch', /^sudo pacman -S vulkan-swrast/],
    ['ID=alpine', /^apk add mesa-vulkan-swrast/],
    ['ID=void', /libvulkan\.so\.1/],
  ];
  for (const [text, command] of expected) {
    const lines = remedy('linux', parseRelease(text), []);
    assert.ok(
      lines.some((line) => command.test(line)),
      `${text}: ${lines}`,
    );
  }
});

test('Debian 12 is told to add the backports of its own mirror', () => {
  const sources = parseList('deb http://mirror.example/debian bookworm main');
  const lines = remedy('linux', { id: 'debian', codename: 'bookworm', family: ['debian'] }, sources);
  assert.match(lines[0] ?? '', /^sudo tee \S+\.sources <<'END'$/);
  assert.ok(lines.includes('URIs: http://mirror.example/debian'));
  assert.match(lines.at(-1) ?? '', /-t bookworm-backports/);
});

test('no Linux command is given elsewhere', () => {
  const lines = remedy('darwin', parseRelease(''), []).join('\n');
  assert.match(lines, /graphics driver/);
  assert.not.match(lines, /sudo/);
});

test.run();
