// @ts-check
// SwiftShader, a software Vulkan device with its own loader, out of an npm package: needs neither root nor a driver.
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync } from 'node:zlib';
import { npm, SetupError, say, step } from './steps.mjs';

const PACKAGE = '@sparticuz/chromium';
const VERSION = '143.0.4';
const ARCHIVE_SHA256 = '1b4c63ac0f24bfedd469675c33b09c84f7d6d26acb30bed2ab8e875e084cf3a2';

/** @param {string} root the repository */
const folderIn = (root) => join(root, '.vulkan', 'swiftshader');

/** @param {string} root the repository @returns {Promise<import('./vulkan.mjs').Place | undefined>} */
export async function findSwiftshader(root) {
  const libraries = folderIn(root);
  const driver = join(libraries, 'vk_swiftshader_icd.json');
  const there = await access(driver).then(
    () => true,
    () => false,
  );
  return there ? { libraries, drivers: [driver] } : undefined;
}

/** @param {string} root the repository @throws {SetupError} where the package cannot be had or is not the known one */
export async function installSwiftshader(root) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `${PACKAGE} has it for Linux on x64 only, not for ${process.platform} on ${process.arch}`,
    );
  }
  const download = join(root, '.vulkan', `download-${process.pid}`);
  await mkdir(download, { recursive: true });
  try {
    const options = ['install', '--ignore-scripts', '--no-save', '--no-package-lock', '--prefix', download];
    await step(
      `downloading ${PACKAGE} (66 MB) for its SwiftShader`,
      ...npm([...options, `${PACKAGE}@${VERSION}`]),
    );
    say('unpacking it into .vulkan/swiftshader');
    await unpack(join(download, 'node_modules', PACKAGE), join(download, 'swiftshader'));
    await rm(folderIn(root), { recursive: true, force: true });
    await rename(join(download, 'swiftshader'), folderIn(root));
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}

/** @param {string} folder the package's @param {string} target */
async function unpack(folder, target) {
  const archive = await readFile(join(folder, 'bin', 'swiftshader.tar.br'));
  const sum = createHash('sha256').update(archive).digest('hex');
  if (sum !== ARCHIVE_SHA256)
    throw new SetupError(`${PACKAGE}@${VERSION}: its archive has SHA-256 ${sum}, not the known one`);
  const tar = createRequire(join(folder, 'package.json'))('tar-fs');
  await pipeline(Readable.from([brotliDecompressSync(archive)]), tar.extract(target, { chown: false }));
}
