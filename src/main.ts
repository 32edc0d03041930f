import { serve } from './cli/serve.ts';
import { PROCESS_TERMINAL } from './cli/terminal.ts';

process.exitCode = await serve(PROCESS_TERMINAL);
