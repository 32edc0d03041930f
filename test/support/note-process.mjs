// Loaded into every process below npm, before its own code. Notes the process, and holds one that is about to load a module until its
// parent has ended, where the test says so: in NOTED_PROCESSES the file of notes, in HELD_MODULE the end of the module's address.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

const { NOTED_PROCESSES = '', HELD_MODULE = '' } = process.env;
const LOOK_MS = 10;
const HOLD_MS_MAX = 20_000;

if (isMainThread) {
  appendFileSync(NOTED_PROCESSES, `${process.pid}\n`);
  if (HELD_MODULE !== '') register(import.meta.url);
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (HELD_MODULE !== '' && url.endsWith(HELD_MODULE)) await parentEnds();
  return nextLoad(url, context);
}

async function parentEnds() {
  const parent = process.ppid;
  appendFileSync(NOTED_PROCESSES, 'held\n');
  for (let waitedMs = 0; waitedMs < HOLD_MS_MAX && process.ppid === parent; waitedMs += LOOK_MS) await sleep(LOOK_MS);
}
