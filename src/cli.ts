#!/usr/bin/env node
import './cli/parent.ts';

const { endProcess } = await import('./cli/end.ts');
const { runProgram } = await import('./cli/program.ts');

endProcess(await runProgram(process.argv.slice(2)));
