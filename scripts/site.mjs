// @ts-check
// Lays out the folder of the browser app: pages, models beside them, and the list that the service worker keeps.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

const MODELS = 'checkpoints/tiny';
const PAGES = 'src/web/app';
/** Looks in the order of the gallery; whatever else there is comes after them. */
const FIRST = ['autumn', 'pencil', 'ink', 'night'];

/** @param {string} from @param {string} to */
async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

/** @param {string} name */
const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

/** Copies base, discriminator and adapters, and lists them with their sizes. @param {string} site */
async function layModels(site) {
  const bytes = async (/** @type {string} */ file) => (await stat(join(site, file))).size;
  for (const file of ['base.safetensors', 'discriminator.safetensors'])
    await copy(join(MODELS, file), join(site, 'models', file));
  const names = (await readdir(join(MODELS, 'adapters'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const looks = [];
  for (const name of names) {
    const folder = `models/${name}`;
    for (const file of await readdir(join(MODELS, 'adapters', name)))
      await copy(join(MODELS, 'adapters', name, file), join(site, folder, file));
    const weights = `${folder}/adapter_model.safetensors`;
    looks.push({
      name,
      label: name.replaceAll('-', ' '),
      folder: `${folder}/`,
      bytes: await bytes(weights),
      thumbnail: `${folder}/thumbnail.webp`,
    });
  }
  const listed = async (/** @type {string} */ file) => ({ file, bytes: await bytes(file) });
  const models = {
    base: await listed('models/base.safetensors'),
    discriminator: await listed('models/discriminator.safetensors'),
    looks,
  };
  await writeFile(join(site, 'models.json'), `${JSON.stringify(models, null, 2)}\n`);
}

/** Puts everything but the scripts into the site's folder. @param {string} site */
export async function laySite(site) {
  await mkdir(site, { recursive: true });
  for (const file of await readdir(PAGES))
    if (/\.(html|css|svg|webmanifest)$/.test(file)) await copy(join(PAGES, file), join(site, file));
  await copy('node_modules/uplot/dist/uPlot.min.css', join(site, 'uplot.css'));
  await layModels(site);
}

/**
 * What the service worker keeps: every file of the site but maps and itself, `./` first, and a version that changes with
 * any of them.
 * @param {string} site
 */
export async function listSite(site) {
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(site, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.endsWith('.map') && basename(file) !== 'service_worker.mjs')
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(await readFile(join(site, file)));
  return { version: hash.digest('hex').slice(0, 16), files: ['./', ...files] };
}
