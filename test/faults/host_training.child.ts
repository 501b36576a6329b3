import { type Failure, failFiles } from './failing_files.ts';
import { trainOnHost } from './host_training.ts';

// host_training.child.mjs FOLDER STEPS SAVE_EVERY [WATCHED NTH KILL]: trains on the host, prints a digest of the end. With the last
// three it dies at the nth call on files below WATCHED.

const [folder = '', steps, saveEvery, watched, nth, kill] = process.argv.slice(2);
if (watched !== undefined) failFiles(watched, Number(nth), kill as Failure);
console.log(await trainOnHost(folder, Number(steps), Number(saveEvery)));
