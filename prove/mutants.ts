// npm run prove:mutants [-- --only src/transactions/give-back.ts]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findServer } from '../test/support/template.ts';
import { SURVIVORS } from './mutants/survivors.ts';

/**
 * Changes the money core in every small way that Stryker knows, and runs its tests on each change. Fails where a change that no
 * test notices is not listed in `mutants/survivors.ts`, where one is listed that does not exist any more, and below the score.
 */
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const FOLDER = fileURLToPath(new URL('./mutants/', import.meta.url));
const REPORT = new URL('../coverage/mutants.json', import.meta.url);
const SCORE_MIN = 0.9;

interface Place {
  readonly line: number;
  readonly column: number;
}

interface Mutant {
  readonly status: string;
  readonly replacement: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

const server = await findServer();
if ('lack' in server) throw new Error(`The proof needs a PostgreSQL server: ${server.lack}`);
// npm leaves alone what is installed already. Vitest is the project's own.
await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps', '--loglevel=error'], FOLDER);
const stryker = `${FOLDER}node_modules/@stryker-mutator/core/bin/stryker.js`;
const only = values.only === undefined ? [] : ['--mutate', values.only];
await run(process.execPath, [stryker, 'run', 'prove/mutants/stryker.config.mjs', ...only]);
process.exitCode = judge(JSON.parse(await readFile(REPORT, 'utf8')) as Report);

async function run(command: string, words: readonly string[], cwd?: string): Promise<void> {
  const env = { ...process.env, TEST_DATABASE_URL: 'url' in server ? server.url : '' };
  const child = spawn(command, words, { stdio: 'inherit', env, ...(cwd !== undefined && { cwd }) });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code}.`);
}

function judge({ files }: Report): number {
  const table: Record<string, object> = {};
  const problems: string[] = [];
  let [noticed, all] = [0, 0];
  for (const [file, { source, mutants }] of Object.entries(files)) {
    const tried = mutants.filter(({ status }) => status !== 'Ignored');
    const survived = tried.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
    const listed = SURVIVORS[file] ?? [];
    const shown = new Map(tried.map((mutant) => [mutant, show(source, mutant)]));
    const unlisted = survived.filter((mutant) => !listed.some((one) => one.mutant === shown.get(mutant)));
    problems.push(...unlisted.map((mutant) => `${file}:${mutant.location.start.line} survives: ${shown.get(mutant)}`));
    const gone = listed.filter((one) => ![...shown.values()].includes(one.mutant));
    problems.push(...gone.map((one) => `${file} has no such mutant any more: ${one.mutant}`));
    const killed = tried.length - survived.length;
    table[file] = { mutants: tried.length, noticed: killed, score: percent(killed / tried.length) };
    noticed += killed;
    all += tried.length;
  }
  table['all'] = { mutants: all, noticed, score: percent(noticed / all) };
  console.table(table);
  if (noticed / all < SCORE_MIN) problems.push(`The score is below ${percent(SCORE_MIN)}.`);
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

/** The line as it is and as the mutant has it, without the lines between its first and its last. */
function show(source: string, { location: { start, end }, replacement }: Mutant): string {
  const lines = source.split('\n');
  const [first = '', last = ''] = [lines[start.line - 1], lines[end.line - 1]];
  const before = start.line === end.line ? first : `${first} …`;
  const after = first.slice(0, start.column - 1) + replacement + last.slice(end.column - 1);
  return `${before} → ${after}`.replaceAll(/\s+/g, ' ').trim();
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
