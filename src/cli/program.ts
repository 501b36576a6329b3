import { Command } from 'commander';
import { adapterCommand } from './commands/adapter.ts';
import { analyzeCommand } from './commands/analyze.ts';
import { applyCommand } from './commands/apply.ts';
import { baseCommand } from './commands/base.ts';
import { baselineCommand } from './commands/baseline.ts';
import { benchCommand } from './commands/bench.ts';
import { dataCommand } from './commands/data.ts';
import { demoCommand } from './commands/demo.ts';
import { distillCommand } from './commands/distill.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { finetuneCommand } from './commands/finetune.ts';
import { profileCommand } from './commands/profile.ts';
import { searchRankCommand } from './commands/search_rank.ts';
import { startCommand } from './commands/start.ts';
import { studyCommand } from './commands/study.ts';
import { tuneCommand } from './commands/tune.ts';
import { runOnUnpackedDevice } from './device.ts';
import { reportError } from './errors.ts';
import { runCommand } from './options.ts';
import { packageVersion } from './version.ts';

const EXIT_CODES =
  '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate fell short, 130 and 143 interrupted';

function createProgram(): Command {
  return new Command('e2gan')
    .description('Fine-tune and run small image-to-image generators on any GPU, with WebGPU alone.')
    .version(packageVersion)
    .option('--debug', 'show the stack of an error')
    .addCommand(startCommand())
    .addCommand(doctorCommand())
    .addCommand(dataCommand())
    .addCommand(distillCommand())
    .addCommand(baseCommand())
    .addCommand(finetuneCommand())
    .addCommand(analyzeCommand())
    .addCommand(searchRankCommand())
    .addCommand(studyCommand())
    .addCommand(baselineCommand())
    .addCommand(applyCommand())
    .addCommand(evaluateCommand())
    .addCommand(adapterCommand())
    .addCommand(benchCommand())
    .addCommand(profileCommand())
    .addCommand(tuneCommand())
    .addCommand(demoCommand())
    .addHelpText('after', EXIT_CODES);
}

/** Runs the program with `argv` (node and script first); errors become one line on stderr. @returns the exit code */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    const code = await runOnUnpackedDevice(argv);
    if (code !== undefined) return code;
    await runCommand(createProgram(), argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return reportError(error, { debug: argv.includes('--debug') });
  }
}
