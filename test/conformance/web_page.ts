import { Gpu } from '../../src/runtime/gpu.ts';
import { checkSupport } from '../../src/web/support.ts';
import { messageOf } from '../../src/web/web_error.ts';
import { type CaseFiles, Folder } from './read_case.ts';
import { runCases } from './run_cases.ts';
import { pickedFiles, servedFiles } from './web_files.ts';

// The script of conformance.html: what this browser offers, and the vectors, from a picked folder or from ?vectors=URL.

const log = document.querySelector<HTMLElement>('#log')!;
const say = (text: string, className = ''): void => {
  const line = document.createElement('div');
  line.textContent = text;
  line.className = className;
  log.append(line);
  line.scrollIntoView({ block: 'nearest' });
};

async function run(files: CaseFiles, filter: string): Promise<void> {
  const body = document.body.dataset;
  body.state = 'running';
  try {
    const folder = await Folder.open(files);
    const cases = folder.cases.filter(({ name }) => name.includes(filter));
    if (!cases.length) throw new Error(`no case has "${filter}" in its name`);
    const { fail } = await runCases(() => Gpu.open(), folder, cases, say);
    body.state = fail ? 'failed' : 'passed';
  } catch (error) {
    say(messageOf(error), 'fail');
    body.state = 'failed';
  }
}

async function showSupport(): Promise<void> {
  const table = document.querySelector('#support')!;
  try {
    const { limits, ...support } = await checkSupport();
    for (const [name, value] of Object.entries({ browser: navigator.userAgent, ...support, ...limits })) {
      const row = document.createElement('tr');
      for (const [tag, text] of [
        ['th', name],
        ['td', String(value)],
      ] as const) {
        const cell = document.createElement(tag);
        cell.textContent = text;
        row.append(cell);
      }
      table.append(row);
    }
  } catch (error) {
    say(messageOf(error), 'fail');
    document.body.dataset.state = 'failed';
  }
}

const query = new URLSearchParams(location.search);
const served = query.get('vectors');
document.querySelector<HTMLInputElement>('#folder')!.addEventListener('change', ({ target }) => {
  const { files } = target as HTMLInputElement;
  if (files?.length) void run(pickedFiles(files), query.get('filter') ?? '');
});
await showSupport();
if (served && !document.body.dataset.state) await run(servedFiles(served), query.get('filter') ?? '');
