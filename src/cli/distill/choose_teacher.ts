import { sceneConcepts } from '../../train/scenes/scenes.ts';
import { usageError } from '../errors.ts';
import { warn } from '../warn.ts';
import { splitCommand } from './argument_vector.ts';
import { comfyuiTeacher } from './comfyui.ts';
import { type Concept, chosenConcepts, readConcepts } from './concepts.ts';
import { execTeacher } from './exec.ts';
import { openaiTeacher } from './openai.ts';
import { requireSceneConcepts, sceneSources, sceneTeacher } from './scenes.ts';
import { Server } from './server.ts';
import { isExposed, keyFrom, type ServerAddress, serverAddress } from './server_address.ts';
import { folderSources, type SourceList } from './sources.ts';
import type { Teacher } from './teacher.ts';
import { type WebuiSettings, webuiTeacher } from './webui.ts';
import { readWorkflow } from './workflow.ts';

/** Options that decide on teacher, concepts and sources. */
export interface TeacherOptions extends WebuiSettings {
  readonly sources?: string;
  readonly concepts?: string;
  readonly only?: string;
  readonly webui?: string;
  readonly comfyui?: string;
  readonly workflow?: string;
  readonly openai?: string;
  readonly exec?: string;
  readonly scenes?: number;
  readonly keyEnv?: string;
  readonly seed: number;
  readonly timeout: number;
}

const KINDS = ['webui', 'comfyui', 'openai', 'exec', 'scenes'] as const;
export type TeacherKind = (typeof KINDS)[number];

/** Sizes that models were trained at; programs and scenes take any. */
export const TEACHER_SIZES: Readonly<Partial<Record<TeacherKind, number>>> = {
  webui: 512,
  comfyui: 512,
  openai: 1024,
};

/** Which teacher is asked for; without any it is the concepts' own commands. @throws UserError for two, or misplaced flags */
export function teacherKind(options: TeacherOptions): TeacherKind {
  const [kind = 'exec', other] = KINDS.filter((name) => options[name] !== undefined);
  if (other) throw usageError(`--${kind} and --${other}: choose one teacher`);
  if (options.workflow !== undefined && kind !== 'comfyui')
    throw usageError('--workflow: belongs to --comfyui');
  if (options.workflow === undefined && kind === 'comfyui')
    throw usageError("--comfyui: needs --workflow, the workflow's file in API format");
  if (kind === 'scenes' && options.sources !== undefined)
    throw usageError('--sources and --scenes: scenes are drawn, choose one');
  if (kind !== 'scenes' && options.sources === undefined)
    throw usageError('--sources: a folder of pictures is needed (or --scenes, which are drawn)');
  if (kind !== 'scenes' && options.concepts === undefined)
    throw usageError('--concepts: a file {"concepts": [{"name", "prompt"}]} is needed');
  return kind;
}

/** The concepts to make. Commands of their own are kept where they are used. @throws UserError */
export async function readChosen(kind: TeacherKind, options: TeacherOptions): Promise<Concept[]> {
  const { concepts: file, only, exec } = options;
  const all: readonly Concept[] = file === undefined ? sceneConcepts : await readConcepts(file);
  const chosen = chosenConcepts(all, only);
  if (kind === 'scenes') requireSceneConcepts(chosen, file ?? '--only');
  if (kind === 'exec' && exec === undefined) return chosen;
  return chosen.map(({ exec: _, ...concept }) => concept);
}

/** The pictures to edit. @throws UserError */
export function readSources(
  kind: TeacherKind,
  { sources, scenes, seed }: TeacherOptions,
): Promise<SourceList> {
  return kind === 'scenes' ? Promise.resolve(sceneSources(scenes!, seed)) : folderSources(sources!);
}

/** Makes the teacher ready; nothing is asked of it yet. @throws UserError */
export async function openTeacher(
  kind: TeacherKind,
  options: TeacherOptions,
  concepts: readonly Concept[],
  workFolder: string,
): Promise<Teacher> {
  const timeoutMs = 1000 * options.timeout;
  if (kind === 'scenes') return sceneTeacher();
  if (kind === 'exec') {
    const { exec: command } = options;
    const vectors = commandVectors(concepts, options);
    return execTeacher({ ...(command !== undefined && { command }), vectors, workFolder, timeoutMs });
  }
  const server = new Server({ address: addressOf(options[kind]!, kind, options), timeoutMs });
  if (kind === 'openai') return openaiTeacher(server, options.model);
  if (kind === 'comfyui') return comfyuiTeacher(server, await readWorkflow(options.workflow!), timeoutMs);
  const { steps, cfgScale, imageCfgScale, sampler, denoising, model } = options;
  const settings = { steps, cfgScale, imageCfgScale, sampler, denoising };
  return webuiTeacher(server, { ...settings, ...(model !== undefined && { model }) });
}

function commandVectors(
  concepts: readonly Concept[],
  { exec, concepts: file }: TeacherOptions,
): Map<Concept, string[]> {
  return new Map(
    concepts.map((concept) => {
      if (exec !== undefined) return [concept, splitCommand(exec, '--exec')];
      if (concept.exec !== undefined)
        return [concept, splitCommand(concept.exec, `${file}: ${concept.name}`)];
      const ways = '--webui, --comfyui, --openai, --exec or --scenes';
      throw usageError(`no teacher: give ${ways}; ${file} has no "exec" for ${concept.name}`);
    }),
  );
}

function addressOf(text: string, kind: TeacherKind, { keyEnv }: TeacherOptions): ServerAddress {
  const bare = serverAddress(text, `--${kind}`, undefined);
  // Elsewhere the variable's key is none of the server's business.
  const isOpenai = kind === 'openai' && bare.url.hostname === 'api.openai.com';
  const usual = isOpenai && process.env.OPENAI_API_KEY ? 'OPENAI_API_KEY' : undefined;
  const address = serverAddress(text, `--${kind}`, keyFrom(keyEnv ?? usual));
  if (isExposed(address)) warn(`${address.shown}: the key travels unencrypted; use https where you can`);
  return address;
}
