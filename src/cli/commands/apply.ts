import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Command, Option } from 'commander';
import type { Picture } from '../../model/picture.ts';
import { stemOf } from '../data/layout.ts';
import { listFolder, requirePictures } from '../data/listing.ts';
import { firstFew, Skips } from '../data/skips.ts';
import { addEditOptions, type EditOptions } from '../edit_options.ts';
import { Editors, readEdit } from '../editing.ts';
import { fileError, UserError, usageError } from '../errors.ts';
import { refuseExisting, writeAtomic } from '../files.ts';
import { readPicture } from '../images/decode.ts';
import { encodePng } from '../images/png.ts';
import { resizePicture } from '../images/resize.ts';
import { withLastingGpu } from '../lasting_device.ts';
import { integer, text } from '../options.ts';
import { isFolder, isInside, requireFolderOutput, requirePngOutput } from '../outputs.ts';
import { startProgress } from '../progress.ts';
import { STOP_CODES, watchSignals } from '../signals.ts';
import { warn } from '../warn.ts';

interface ApplyOptions extends EditOptions {
  readonly size?: number;
  readonly force?: boolean;
}

/** One picture to edit: where it is and where the result goes. */
interface Task {
  readonly from: string;
  readonly to: string;
}

/** The picture with its short side at `size` pixels, its aspect ratio kept. */
function scaled(picture: Picture, size?: number): Promise<Picture> {
  const scale = size === undefined ? 1 : size / Math.min(picture.width, picture.height);
  return resizePicture(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
}

/** Edits one picture and writes it. @throws UserError naming the file */
async function editOne(editors: Editors, picture: Picture, { from, to }: Task, size?: number): Promise<void> {
  const edited = await editors.edit(await scaled(picture, size)).catch((error) => {
    if (error instanceof UserError) throw new UserError(`${from}: ${error.message}`, 1, { cause: error });
    throw error;
  });
  await writeAtomic(to, encodePng(edited));
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error) => {
    throw fileError(path, 'create the folder', error);
  });
}

/** All pictures of a folder with the names of their results. @throws UserError before anything is written */
async function folderTasks(input: string, output: string, force: boolean): Promise<Task[]> {
  if (isInside(output, input))
    throw usageError(`${output}: lies in ${input}, so its pictures would be edited next time`);
  await requireFolderOutput(output);
  const skips = new Skips();
  const listing = await listFolder(input, skips);
  requirePictures(listing, input);
  for (const line of skips.lines()) warn(`${input}: left out: ${line}`);
  const sources = new Map<string, string>();
  for (const name of listing.pictures) {
    const to = join(output, `${stemOf(name)}.png`);
    const other = sources.get(to);
    if (other !== undefined)
      throw usageError(`${input}: ${other} and ${name} would both become ${relative(output, to)}`);
    sources.set(to, name);
    await refuseExisting(to, force);
  }
  return [...sources].map(([to, name]) => ({ from: join(input, name), to }));
}

/** What is done of the pictures of a folder: kept outside of the device's work, which begins anew where it is lost. */
interface Done {
  count: number;
  readonly failed: string[];
}

/** Edits pictures one after the other; one that fails is left out with a warning. @returns the exit code */
async function editFolder(
  editors: Editors,
  tasks: readonly Task[],
  done: Done,
  size?: number,
): Promise<number> {
  const progress = startProgress({
    label: 'apply',
    total: tasks.length,
    start: done.count,
    unit: 'pictures',
  });
  const signals = watchSignals('finishing this picture');
  const { failed } = done;
  try {
    for (const task of tasks.slice(done.count)) {
      if (signals.stopped) return STOP_CODES[signals.stopped];
      try {
        const picture = await readPicture(task.from);
        await makeFolder(dirname(task.to));
        await editOne(editors, picture, task, size);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failed.push(task.from);
        warn(`${error.message}; left out`);
      }
      progress.update(++done.count);
    }
  } finally {
    signals.dispose();
    progress.stop();
  }
  if (failed.length > 0)
    throw new UserError(`${failed.length} of ${tasks.length} pictures were left out: ${firstFew(failed)}`);
  return 0;
}

async function applyToFolder(input: string, output: string, options: ApplyOptions): Promise<number> {
  const tasks = await folderTasks(input, output, options.force ?? false);
  const edit = await readEdit(options, warn);
  const done = { count: 0, failed: [] };
  return withLastingGpu(options, (gpu) => editFolder(new Editors(gpu, edit), tasks, done, options.size));
}

async function applyToPicture(from: string, to: string, options: ApplyOptions): Promise<number> {
  await requirePngOutput(to, options.force ?? false);
  const picture = await readPicture(from);
  const edit = await readEdit(options, warn);
  await withLastingGpu(options, (gpu) =>
    editOne(new Editors(gpu, edit), picture, { from, to }, options.size),
  );
  return 0;
}

/** `e2gan apply INPUT OUTPUT`: edits a picture, or all pictures of a folder. */
export function applyCommand(): Command {
  const command = new Command('apply')
    .description('edit a picture, or all pictures of a folder, with a base generator and adapters')
    .argument('<input>', 'picture or folder', text)
    .argument('<output>', 'PNG file, or folder for a folder', text);
  return addEditOptions(command)
    .addOption(
      new Option('--size <px>', "short side of the result (default: the picture's own)").argParser(
        integer({ min: 8, max: 8192 }),
      ),
    )
    .option('--force', 'overwrite what is there')
    .action(async (input: string, output: string, options: ApplyOptions) => {
      const work = (await isFolder(input)) ? applyToFolder : applyToPicture;
      process.exitCode = await work(input, output, options);
    });
}
