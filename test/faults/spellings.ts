import type { Random } from '../../src/train/random.ts';

// Ways to spell a path that leads out of a folder. Raw bytes, for clients normalise most of them away.

const DOTS = [
  '..',
  '%2e%2e',
  '.%2e',
  '%2E.',
  '%2e%2E',
  '%252e%252e',
  '%25252e%25252e',
  '..%00',
  '%00..',
  '...',
  '....',
  '..;',
  '..%20',
  '.%0d.',
  '.%09.',
  '%c0%ae%c0%ae',
  '%e0%80%ae%e0%80%ae',
  '%u002e%u002e',
  '%uff0e%uff0e',
  '%ef%bc%8e%ef%bc%8e',
  '\uff0e\uff0e',
  '\u2025',
];
const SLASHES = [
  '/',
  '\\',
  '%2f',
  '%2F',
  '%5c',
  '%252f',
  '%255c',
  '//',
  '\\/',
  '/./',
  ';/',
  '%c0%af',
  '%c1%9c',
  '%e0%80%af',
  '%u2215',
  '\u2215',
];
/** Where a spelling starts, how many folders up its file lies, and the file. */
const AIMS: readonly (readonly [prefix: string, up: number, file: string])[] = [
  ['/', 1, 'cli.mjs'],
  ['/vectors/', 1, 'secret.txt'],
  ['/models/', 2, 'cli.mjs'],
  ['/vectors/inside/', 2, 'secret.txt'],
  ['/', 2, 'package.json'],
  ['/', 12, 'etc/passwd'],
  ['', 12, 'etc/passwd'],
];

/** Every pair of a dot and a slash, each at an aim of its own. */
function climbing(random: Random): string[] {
  return DOTS.flatMap((dots) =>
    SLASHES.map((slash) => {
      const [prefix, up, file] = AIMS[random.integer(AIMS.length)]!;
      return prefix + `${dots}${slash}`.repeat(up) + file.replace('/', slash);
    }),
  );
}

/** What names another file outright. `folder` holds secret.txt. */
function absolute(port: number, folder: string): string[] {
  const secret = `${folder}/secret.txt`;
  const paths = ['/etc/passwd', secret];
  const before = ['', '/', '//', '///', '/.', '/%2f', '/\\', 'file://', 'file:', '/file=', '/file:', '/@fs'];
  const hosts = [`http://127.0.0.1:${port}`, 'http://evil.example', 'http://', 'https://localhost'];
  return [
    ...paths.flatMap((path) => [...before, ...hosts].map((prefix) => prefix + path)),
    `http://127.0.0.1:${port}/../cli.mjs`,
    `http://127.0.0.1:${port}/vectors/../secret.txt`,
    '/\\\\localhost\\c$\\windows\\win.ini',
    '\\\\127.0.0.1\\c$\\windows\\win.ini',
    '//127.0.0.1/c$/windows/win.ini',
    '/\\\\?\\C:\\windows\\win.ini',
    '/C:/windows/win.ini',
    '/C:%5cwindows%5cwin.ini',
    '/c:windows\\win.ini',
    '/vectors/secret.txt::$DATA',
    '/proc/self/environ',
    '/proc/self/cwd/package.json',
    '/dev/stdin',
    '/.git/config',
    '/.env',
    '*',
    '?',
    '#',
    '.',
    '..',
    'secret.txt',
  ];
}

/** What begins with a listed name, or differs from one by what some systems ignore. */
const AROUND = [
  '/index.html/../../cli.mjs',
  '/index.html%00/../../cli.mjs',
  '/index.html%00.png',
  '/index.html%20',
  '/index.html.',
  '/INDEX.HTML',
  '/Vectors/Inside/a.txt',
  '/vectors/INSIDE/../../secret.txt',
  '/vectors/inside/a.txt/../../../secret.txt',
  '/vectors',
  '/vectors/',
  '/vectors/inside',
  '/vectors/inside/',
  '/models',
  '/./vectors/../vectors/../../secret.txt',
  '/index.html?../../cli.mjs',
  '/?path=../../etc/passwd',
  '/index.html#/../../cli.mjs',
  '/index.html;/../../cli.mjs',
  '/%2e/index.html',
  '/%69ndex.html',
];

/** Links that lie in the folder that is served, and files that came into it later. */
const LINKED = [
  '/vectors/link.txt',
  '/vectors/chain.txt',
  '/vectors/up/secret.txt',
  '/vectors/up/vectors/inside/a.txt',
  '/vectors/system/passwd',
  '/vectors/loop/loop/inside/a.txt',
  '/vectors/dangling.txt',
  '/vectors/pipe',
  '/vectors/late.txt',
  '/vectors/swapped.txt',
  '/vectors/moved/secret.txt',
];

/** Spellings of files that are not served: more than 300, those that climb in an order of their own. */
export function spellings(random: Random, port: number, folder: string): string[] {
  return [...climbing(random), ...absolute(port, folder), ...AROUND, ...LINKED];
}
