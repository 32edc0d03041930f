// What tests and tools need: dependencies and generated code. `--compile` adds dist with the pages, `--sdk` the SDK alone.
import { buildPages, buildSdk, compile, endWithParent, generate, install } from './build.mjs';

endWithParent();
await install();
await generate();
if (process.argv.includes('--sdk')) await buildSdk();
if (process.argv.includes('--compile')) {
  await buildSdk();
  await compile();
  await buildPages();
}
