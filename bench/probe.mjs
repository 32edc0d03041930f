// Loaded into both servers by --import: tells the benchmark what they spend and which statements they send.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

// A server with packages of its own says which pg it uses.
const { default: pg } = await import(process.env['BENCH_PG'] ?? 'pg');

let isRecording = false;
let statements = [];
const send = pg.Client.prototype.query;

/** @this {import('pg').Client} @param {...unknown} args */
pg.Client.prototype.query = function query(...args) {
  if (isRecording) statements.push(toStatement(args));
  return send.apply(this, args);
};

/** Named statements carry their values beside the text; the driver is also called with the two as arguments. */
function toStatement([query, values]) {
  if (typeof query === 'string') return { text: query, values: Array.isArray(values) ? values : [] };
  return { text: query.text ?? '', values: query.values ?? [] };
}

/** @type {Session | null} */
let profiler = null;

async function startProfile() {
  profiler = new Session();
  profiler.connect();
  await profiler.post('Profiler.enable');
  await profiler.post('Profiler.start');
  process.send?.({});
}

/** @param {string} file */
async function endProfile(file) {
  const { profile } = (await profiler?.post('Profiler.stop')) ?? {};
  profiler?.disconnect();
  writeFileSync(file, JSON.stringify(profile));
  process.send?.({});
}

process.on('message', (message) => {
  if (message === 'profile') return void startProfile();
  if (typeof message === 'object') return void endProfile(message.file);
  if (message === 'record') {
    isRecording = true;
    statements = [];
    process.send?.({});
    return;
  }
  if (message === 'stop') {
    isRecording = false;
    process.send?.({ statements });
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1_000, memoryBytes: process.memoryUsage.rss() });
});
// Ends with the benchmark, however that ends, and does not keep a drained server alive.
process.on('disconnect', () => process.exit());
process.channel?.unref();
