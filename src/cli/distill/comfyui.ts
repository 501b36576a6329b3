import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { escapeControl } from '../errors.ts';
import { formBody, jsonBody, parseAnswer, type Server } from './server.ts';
import { answeredPicture, type EditRequest, type Teacher, TeacherError } from './teacher.ts';
import type { Workflow } from './workflow.ts';

const FILE = z.looseObject({ filename: z.string(), subfolder: z.string(), type: z.string() });
const UPLOADED = z.looseObject({ name: z.string().min(1), subfolder: z.string().optional() });
const QUEUED = z.looseObject({ prompt_id: z.string().min(1) });
const OUTPUT = z.looseObject({ images: z.array(FILE).optional() });
const STATUS = z.looseObject({
  status_str: z.string().optional(),
  messages: z.array(z.unknown()).optional(),
});
const ENTRY = z.looseObject({ outputs: z.record(z.string(), OUTPUT), status: STATUS.nullish() });
const HISTORY = z.record(z.string(), ENTRY);

type Saved = z.infer<typeof FILE>;

const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 2000;

/**
 * ComfyUI: uploads the picture, queues the user's workflow (`POST /prompt`), asks `/history/<id>` until it has run and
 * fetches what it saved from `/view`. `timeoutMs` bounds the whole of it.
 */
export function comfyuiTeacher(server: Server, workflow: Workflow, timeoutMs: number): Teacher {
  const client_id = randomUUID();
  return {
    about: `ComfyUI at ${server.address.shown}`,
    config: { kind: 'comfyui', url: server.address.shown, workflow: workflow.sha256 },
    async edit(request) {
      const deadline = Date.now() + timeoutMs;
      const { concept, seed, size } = request;
      const input = await upload(server, request);
      const values = { input, prompt: concept.prompt, negative: concept.negative ?? '', seed, ...size };
      const body = jsonBody({ prompt: workflow.fill(values), client_id });
      const { prompt_id } = parseAnswer(await server.post('prompt', body), QUEUED);
      const { filename, subfolder, type } = await awaitSaved(server, prompt_id, deadline);
      const query = new URLSearchParams({ filename, subfolder, type });
      return answeredPicture(await server.get(`view?${query}`, 'retry'));
    },
    close: () => server.close(),
  };
}

/** @returns the name by which a LoadImage node finds the picture */
async function upload(server: Server, { png }: EditRequest): Promise<string> {
  const form = new FormData();
  // Named by content, so that the same source under many concepts is one file there.
  const name = `e2gan_${createHash('sha256').update(png).digest('hex').slice(0, 32)}.png`;
  form.set('image', new Blob([new Uint8Array(png)], { type: 'image/png' }), name);
  form.set('overwrite', 'true');
  const answer = parseAnswer(await server.post('upload/image', await formBody(form)), UPLOADED);
  return answer.subfolder ? `${answer.subfolder}/${answer.name}` : answer.name;
}

async function awaitSaved(server: Server, id: string, deadline: number): Promise<Saved> {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(LONGEST_POLL_MS, wait * 1.5)) {
    const bytes = await server.get(`history/${encodeURIComponent(id)}`, 'retry');
    const history = new Map(Object.entries(parseAnswer(bytes, HISTORY)));
    const entry = history.get(id);
    if (entry?.status?.status_str === 'error')
      throw new TeacherError('retry', failureIn(entry.status.messages));
    if (entry) return onlySaved(Object.values(entry.outputs).flatMap(({ images }) => images ?? []));
    if (Date.now() + wait > deadline)
      throw new TeacherError(
        'retry',
        `${server.address.shown}: the workflow did not end in time (--timeout)`,
      );
    await sleep(wait);
  }
}

/** Previews are of type `temp`; only what is saved counts, where anything is. */
function onlySaved(files: readonly Saved[]): Saved {
  const saved = files.filter(({ type }) => type === 'output');
  const found = saved.length > 0 ? saved : files;
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new TeacherError('retry', 'the workflow saved no picture');
  throw new TeacherError('end', `the workflow saves ${found.length} pictures; leave one SaveImage node`);
}

/** The exception in a run's messages `["execution_error", {exception_message, node_type}]`. */
function failureIn(messages: readonly unknown[] | undefined): string {
  const found = messages?.find((m) => Array.isArray(m) && m[0] === 'execution_error') as
    | [string, { exception_message?: unknown; node_type?: unknown } | undefined]
    | undefined;
  const { exception_message = 'no reason given', node_type = 'a node' } = found?.[1] ?? {};
  const reason = String(exception_message).replace(/\s+/g, ' ').trim();
  return escapeControl(`the workflow failed in ${node_type}: ${reason}`).slice(0, 300);
}
