// npm start: from a fresh clone to a running gateway, in this process, so that Ctrl-C and SIGTERM reach it as they are.
import { buildPages, compile, generate, install } from './build.mjs';

install();
generate();
compile();
buildPages();
await import('../dist/main.js');
