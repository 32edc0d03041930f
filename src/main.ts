import './cli/parent.ts';

const { endProcess } = await import('./cli/end.ts');
const { serve } = await import('./cli/serve.ts');
const { PROCESS_TERMINAL } = await import('./cli/terminal.ts');

endProcess(await serve(PROCESS_TERMINAL));
