import { attempt } from './notes.ts';

/** A file with its path below what was dropped. */
export interface PlacedFile {
  readonly file: File;
  readonly path: string;
}

// As many as anybody sorts out; a home folder has more, and is not read to its end.
const MOST_LISTED = 1000;

const filesOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

const someOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve, reject) => reader.readEntries(resolve, reject));

/** Files in folders, and in theirs; hidden ones left out. */
async function list(entries: readonly FileSystemEntry[], found: PlacedFile[]): Promise<PlacedFile[]> {
  for (const entry of entries) {
    if (found.length >= MOST_LISTED || entry.name.startsWith('.')) continue;
    if (entry.isFile) {
      const file = await filesOf(entry as FileSystemFileEntry);
      found.push({ file, path: entry.fullPath.replace(/^\//, '') });
      continue;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (let some = await someOf(reader); some.length; some = await someOf(reader)) await list(some, found);
  }
  return found;
}

/** What a drop holds, folders read. They can be asked for only while the drop is being told of. */
function dropped(transfer: DataTransfer): Promise<PlacedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const known = entries.filter((entry) => entry !== null);
  if (known.some((entry) => entry.isDirectory)) return list(known, []);
  return Promise.resolve([...transfer.files].map((file) => ({ file, path: file.name })));
}

/** Hands over what is dropped anywhere on the page; `veil` shows while something hangs over it. */
export function startDrop(veil: HTMLElement, take: (files: PlacedFile[]) => void): void {
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) veil.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    veil.hidden = true;
    const { dataTransfer } = event;
    if (dataTransfer) void attempt(async () => take(await dropped(dataTransfer)));
  });
}
