import { UserError } from '../../src/cli/errors.ts';
import { readSource } from '../../src/web/download.ts';
import { messageOf } from '../../src/web/web_error.ts';
import type { CaseFiles } from './read_case.ts';

/** A folder on the page's own server. */
export function servedFiles(url: string): CaseFiles {
  const at = (file: string) => new URL(file, new URL(url.replace(/\/*$/, '/'), document.baseURI));
  return {
    name: url,
    has: async (file) => (await fetch(at(file), { method: 'HEAD' })).ok,
    async bytes(file) {
      try {
        return await readSource(at(file));
      } catch (cause) {
        throw new UserError(messageOf(cause), 1, { cause });
      }
    },
  };
}

/** A folder that was picked with `<input type="file" webkitdirectory>`. */
export function pickedFiles(list: FileList): CaseFiles {
  const [top = ''] = (list[0]?.webkitRelativePath ?? '').split('/');
  const files = new Map(Array.from(list, (file) => [file.webkitRelativePath.slice(top.length + 1), file]));
  return {
    name: top,
    has: async (file) => files.has(file),
    async bytes(file) {
      const found = files.get(file);
      if (!found) throw new UserError(`${top}/${file}: no such file in the folder`);
      return new Uint8Array(await found.arrayBuffer());
    },
  };
}
