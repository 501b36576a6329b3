import { runConformance } from './runner.ts';

process.exitCode = await runConformance(process.argv.slice(2), { out: console.log, error: console.error });
