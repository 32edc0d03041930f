// What tests and tools need: dependencies and generated code. `--compile` adds dist.
import { compile, generate, install } from './build.mjs';

install();
generate();
if (process.argv.includes('--compile')) compile();
