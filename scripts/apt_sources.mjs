// @ts-check
// apt's two source formats, read, and the plan that brings Mesa's Vulkan drivers. Pure: text in, plan out.

/**
 * @typedef {object} Source
 * @property {string[]} types `deb`, `deb-src`
 * @property {string[]} uris
 * @property {string[]} suites
 * @property {string[]} components
 * @property {Record<string, string>} options the rest, under deb822's names in lower case, continuation lines kept
 */
/** @typedef {{ source?: { path: string, text: string }, commands: string[][] }} AptPlan */

/** Dawn refuses the Mesa of these releases; their backports carry one that works. */
const OLD_MESA = ['bookworm'];
const PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1'];
const NEW_SOURCE = '/etc/apt/sources.list.d/e2gan-backports.sources';
const LIST_NAMES = new Map([
  ['signed-by', 'signed-by'],
  ['trusted', 'trusted'],
  ['arch', 'architectures'],
]);
const KEPT_OPTIONS = { 'signed-by': 'Signed-By', trusted: 'Trusted', architectures: 'Architectures' };

/** @param {string} text a deb822 file, `*.sources` @returns {Source[]} the enabled ones */
export function parseSources(text) {
  const visible = text.split('\n').filter((line) => !line.startsWith('#'));
  return visible
    .join('\n')
    .split(/\n\s*\n/)
    .map(parseStanza)
    .filter((source) => source.uris.length > 0 && source.options.enabled !== 'no');
}

/** @param {string} stanza @returns {Source} */
function parseStanza(stanza) {
  /** @type {Record<string, string>} */
  const options = {};
  for (const [, name = '', value = ''] of stanza.matchAll(/^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)) {
    options[name.toLowerCase()] = value.trimEnd();
  }
  const { types, uris, suites, components, ...rest } = options;
  return {
    types: words(types),
    uris: words(uris),
    suites: words(suites),
    components: words(components),
    options: rest,
  };
}

/** @param {string} text a one-line-style file, `*.list` @returns {Source[]} */
export function parseList(text) {
  const sources = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) continue;
    const [, type = '', bracket = '', uri = '', suite = '', components = ''] = match;
    /** @type {Record<string, string>} */
    const options = {};
    for (const [, name = '', value = ''] of bracket.matchAll(/([\w-]+)=(\S+)/g)) {
      options[LIST_NAMES.get(name) ?? name] = value.replaceAll(',', ' ');
    }
    sources.push({ types: [type], uris: [uri], suites: [suite], components: words(components), options });
  }
  return sources;
}

/** @param {string | undefined} text */
function words(text) {
  return text?.split(/\s+/).filter(Boolean) ?? [];
}

/**
 * What apt has to do for a Mesa that Dawn accepts.
 * @param {{ id: string, codename: string }} release
 * @param {Source[]} sources the machine's own
 * @returns {AptPlan} a source to write first, where the backports are needed and not there yet; apt-get's arguments
 */
export function aptPlan({ id, codename }, sources) {
  const install = ['install', '-y', '--no-install-recommends'];
  if (id !== 'debian' || !OLD_MESA.includes(codename)) {
    return { commands: [['update'], [...install, ...PACKAGES]] };
  }
  const backports = `${codename}-backports`;
  const commands = [['update'], [...install, '-t', backports, ...PACKAGES]];
  const binary = sources.filter((source) => source.types.includes('deb'));
  if (binary.some((source) => source.suites.includes(backports))) return { commands };
  const main = binary.find(
    (source) => source.suites.includes(codename) && source.components.includes('main'),
  );
  return main
    ? { source: { path: NEW_SOURCE, text: backportsSource(main, backports) }, commands }
    : { commands };
}

/** The same mirror and key as the release itself, in deb822. @param {Source} main @param {string} suite */
function backportsSource(main, suite) {
  const lines = ['Types: deb', `URIs: ${main.uris.join(' ')}`, `Suites: ${suite}`, 'Components: main'];
  for (const [name, title] of Object.entries(KEPT_OPTIONS)) {
    const value = main.options[name];
    if (value) lines.push(`${title}: ${value}`);
  }
  return `${lines.join('\n')}\n`;
}
