import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { listFiles, serveFiles } from '../demo/file_server.ts';
import { UserError } from '../errors.ts';
import { integer, text } from '../options.ts';
import { watchSignals } from '../signals.ts';

interface DemoOptions {
  readonly port: number;
  readonly vectors?: string;
}

/** The built app, beside the program. */
const SITE = fileURLToPath(new URL('site', import.meta.url));
const WAIT_MS = 200;

async function run({ port, vectors }: DemoOptions): Promise<void> {
  if (!existsSync(SITE))
    throw new UserError('the browser app is not built here; run npm run site (in a clone) first');
  const extra = vectors === undefined ? [] : [...(await listFiles(vectors))];
  const files = new Map([
    ...(await listFiles(SITE)),
    ...extra.map(([path, file]) => [`/vectors${path}`, file] as const),
  ]);
  const server = await serveFiles(files, port);
  console.log(`the app is at ${server.url} for this machine alone; Ctrl+C ends it`);
  if (vectors !== undefined) console.log(`vectors: ${server.url}conformance.html?vectors=vectors/`);
  const signals = watchSignals('closing');
  while (!signals.stopped) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  signals.dispose();
  server.close();
}

/** `e2gan demo`: the browser app, served locally. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('serve the browser app to this machine: looks on a live camera, fine-tuning in the page')
    .addOption(
      new Option('--port <n>', '0 for any that is free')
        .argParser(integer({ min: 0, max: 65535 }))
        .default(8137),
    )
    .addOption(
      new Option('--vectors <folder>', 'also serve reference vectors to /conformance.html').argParser(text),
    )
    .action(run);
}
