// The command line, from the sources.
import { runProgram } from '../../src/cli/program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
