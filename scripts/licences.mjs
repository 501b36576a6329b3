// @ts-check
// What ships with e2gan and under which licences, read from its lockfile. Pure.

/** Licences that ask for their text and nothing more, or bind only changes to the library itself. */
const ACCEPTED = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Zlib',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'MIT AND Zlib',
  'BSD',
];
/** Of packages that are found at run time and never bundled. */
const OPTIONAL = [
  'LGPL-3.0-or-later',
  'Apache-2.0 AND LGPL-3.0-or-later',
  'Apache-2.0 AND LGPL-3.0-or-later AND MIT',
];

const nameOf = (/** @type {string} */ path) =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Development packages whose code is in the bundles. */
const BUNDLED = ['fflate', 'idb-keyval'];

/**
 * Packages of the lockfile that are no development tools, or are bundled, with their licences.
 * @param {Record<string, { version?: string, license?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }>} packages
 */
export function shipped(packages) {
  return Object.entries(packages)
    .filter(
      ([path, { dev, devOptional }]) =>
        path !== '' && ((!dev && !devOptional) || BUNDLED.includes(nameOf(path))),
    )
    .map(([path, { version = '', license = 'unknown', optional = false }]) => ({
      name: nameOf(path),
      version,
      license,
      optional,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** Packages whose licence is on no list. @param {ReturnType<typeof shipped>} all */
export const unaccepted = (all) =>
  all.filter(
    ({ license, optional }) => !ACCEPTED.includes(license) && !(optional && OPTIONAL.includes(license)),
  );

/** @param {ReturnType<typeof shipped>} all */
export function page(all) {
  const rows = all.map(
    ({ name, version, license, optional }) =>
      `| ${name} | ${version} | ${license} | ${optional ? 'yes' : ''} |`,
  );
  return `# Third parties

What is installed with e2gan or bundled in it, from \`package-lock.json\`; \`node scripts/third_party.mjs\` writes this page. e2gan itself is under the
MIT licence. Optional packages are left out where a platform has none.

| package | version | licence | optional |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
