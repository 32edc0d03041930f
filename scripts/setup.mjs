// What tests and tools need: dependencies and generated code. `--compile` adds dist with the pages.
import { buildPages, compile, endWithParent, generate, install } from './build.mjs';

endWithParent();
await install();
await generate();
if (process.argv.includes('--compile')) {
  await compile();
  await buildPages();
}
