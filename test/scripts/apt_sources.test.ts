import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { aptPlan, parseList, parseSources } from '../../scripts/apt_sources.mjs';

const BOOKWORM = { id: 'debian', codename: 'bookworm' };
const MIRROR = 'http://mirror.example/debian';
const DEB822 = `# written by the installer
Types: deb deb-src
# an old address: ${MIRROR}-old
URIs: ${MIRROR}
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/mirror.gpg

Types: deb
URIs: ${MIRROR}-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm-backports
Components: main
`;

test('deb822: the enabled stanzas, comments dropped', () => {
  const sources = parseSources(DEB822);
  assert.is(sources.length, 2);
  assert.equal(sources[0], {
    types: ['deb', 'deb-src'],
    uris: [MIRROR],
    suites: ['bookworm', 'bookworm-updates'],
    components: ['main', 'contrib'],
    options: { 'signed-by': '/usr/share/keyrings/mirror.gpg' },
  });
});

test('deb822: lists and keys that go on over lines', () => {
  const key = ' -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----';
  const text = `Types: deb\nURIs: ${MIRROR}\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By:\n${key}\n`;
  const [source] = parseSources(text);
  assert.equal(source?.suites, ['bookworm', 'bookworm-updates']);
  const plan = aptPlan(BOOKWORM, parseSources(text));
  assert.ok(plan.source?.text.endsWith(`\n${key}\n`), plan.source?.text ?? 'no source');
});

test('one line: options, comments, source packages', () => {
  const text = `
# deb http://comment.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/etc/keys/a.gpg] ${MIRROR}/ bookworm main non-free # ours
deb-src ${MIRROR}/ bookworm main
deb [ trusted=yes ] file:/srv/own ./
`;
  const sources = parseList(text);
  assert.equal(sources[0], {
    types: ['deb'],
    uris: [`${MIRROR}/`],
    suites: ['bookworm'],
    components: ['main', 'non-free'],
    options: { architectures: 'amd64 arm64', 'signed-by': '/etc/keys/a.gpg' },
  });
  assert.equal(
    sources.map(({ types, suites }) => `${types} ${suites}`),
    ['deb bookworm', 'deb-src bookworm', 'deb ./'],
  );
});

test('bookworm gets its backports from the mirror and key of the release itself', () => {
  const expected = `Types: deb
URIs: ${MIRROR}
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/mirror.gpg
`;
  const list = `deb [signed-by=/usr/share/keyrings/mirror.gpg] ${MIRROR} bookworm main`;
  for (const sources of [parseSources(DEB822), parseList(list)]) {
    const { source, commands } = aptPlan(BOOKWORM, sources);
    assert.is(source?.text, expected);
    assert.equal(commands[1]?.slice(3), ['-t', 'bookworm-backports', 'mesa-vulkan-drivers', 'libvulkan1']);
  }
});

test('no source is written where the backports are there, nor on another release', () => {
  const there = parseList(`deb ${MIRROR} bookworm main\ndeb ${MIRROR} bookworm-backports main`);
  assert.is(aptPlan(BOOKWORM, there).source, undefined);
  assert.ok(aptPlan(BOOKWORM, there).commands[1]?.includes('bookworm-backports'));
  for (const release of [
    { id: 'debian', codename: 'trixie' },
    { id: 'ubuntu', codename: 'noble' },
  ]) {
    const plan = aptPlan(release, parseSources(DEB822));
    assert.is(plan.source, undefined);
    assert.not.ok(plan.commands.flat().includes('-t'));
  }
});

test('source packages alone do not count as backports or as a mirror', () => {
  const sources = parseList(`deb-src ${MIRROR} bookworm main\ndeb-src ${MIRROR} bookworm-backports main`);
  assert.is(aptPlan(BOOKWORM, sources).source, undefined);
});

test.run();
