#!/usr/bin/env node
import { leaveOnBrokenPipe } from './errors.ts';
import { runProgram } from './program.ts';

leaveOnBrokenPipe(process.stdout);
leaveOnBrokenPipe(process.stderr);
process.exitCode = await runProgram(process.argv);
