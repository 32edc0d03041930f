// npm start: from a fresh clone to a running gateway, in this process, so that Ctrl-C and SIGTERM reach it as they are.
import { buildPages, buildSdk, compile, endWithParent, generate, install } from './build.mjs';

endWithParent();
await install();
await generate();
await buildSdk();
await compile();
await buildPages();
await import('../dist/main.js');
