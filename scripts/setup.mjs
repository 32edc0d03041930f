// What tests and tools need: dependencies and generated code. `--compile` adds dist with the pages.
import { buildPages, compile, generate, install } from './build.mjs';

install();
generate();
if (process.argv.includes('--compile')) {
  compile();
  buildPages();
}
