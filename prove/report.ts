import type { Attempt } from './calls.ts';
import type { Phase } from './phases.ts';
import type { Sample } from './watch.ts';

/** One property of one phase. */
export interface Check {
  readonly name: string;
  readonly isPassed: boolean;
  /** What was seen instead. */
  readonly detail: string;
}

export interface Judgement {
  /** For the table, in the order of `HEADER`. */
  readonly cells: readonly string[];
  readonly checks: readonly Check[];
}

export const HEADER = [
  'phase',
  'seconds',
  'answered',
  'failed',
  'live, worst ms',
  'ready, wrong',
  'ready again, s',
  'first write, s',
] as const;

const LIVE_MS_MAX = 500;
const RETURN_MS_MAX = 2_000;
/** The outcome of a check holds for half a second; the rest is for the clock of a busy machine. */
const READY_LAG_MS = 750;

export interface Seen {
  readonly samples: readonly Sample[];
  readonly attempts: readonly Attempt[];
  readonly gatewayNames: readonly string[];
  /** Gateways that ended by themselves. */
  readonly dead: readonly string[];
}

export function judgePhase(phase: Phase, seen: Seen): Judgement {
  const { name, startedAt, endedAt, returnedAt } = phase;
  const isWithin = ({ sentAt }: { readonly sentAt: number }): boolean => sentAt >= startedAt && sentAt <= endedAt;
  const live = seen.samples.filter((sample) => sample.path === 'live' && isWithin(sample));
  const ready = seen.samples.filter((sample) => sample.path === 'ready' && isWithin(sample));
  const attempts = seen.attempts.filter(isWithin);
  const refused = attempts.filter(({ outcome }) => outcome === 'refused').map(({ reason }) => reason);
  const slow = live.filter((sample) => sample.status !== 200 || sample.endedAt - sample.sentAt > LIVE_MS_MAX + sample.idleMs);
  const wrong = ready.filter((sample) => isWrong(sample, phase));
  const readyAgain = slowest(
    seen.gatewayNames,
    (gateway) => ready.filter(({ status }) => status === 200).filter(of(gateway)),
    returnedAt,
  );
  const answered = seen.attempts.filter(({ outcome }) => outcome === 'answered');
  const firstWrite = slowest(seen.gatewayNames, (gateway) => answered.filter(of(gateway)), returnedAt);
  const worstLive = Math.max(0, ...live.map(({ sentAt, endedAt }) => endedAt - sentAt));
  const count = (outcome: Attempt['outcome']): string => String(attempts.filter((attempt) => attempt.outcome === outcome).length);
  return {
    cells: [
      name,
      seconds(endedAt - startedAt),
      count('answered'),
      count('failed'),
      worstLive.toFixed(0),
      String(wrong.length),
      seconds(readyAgain),
      seconds(firstWrite),
    ],
    checks: [
      check(`${name}: both processes live`, seen.dead.length === 0, seen.dead.join(', ')),
      check(`${name}: /health/live is 200 and prompt`, live.length > 0 && slow.length === 0, describe(slow, phase)),
      check(`${name}: /health/ready says whether writes work`, ready.length > 0 && wrong.length === 0, describe(wrong, phase)),
      check(`${name}: ready again within 2 s`, readyAgain <= RETURN_MS_MAX, `${seconds(readyAgain)} s`),
      check(
        `${name}: the first write within 2 s`,
        firstWrite <= RETURN_MS_MAX,
        `${seconds(firstWrite)} s; ${reasonsOf(attempts, returnedAt)}`,
      ),
      check(`${name}: no call is refused for good`, refused.length === 0, [...new Set(refused)].join(', ')),
    ],
  };
}

function isWrong({ sentAt, endedAt, status }: Sample, { away, returnedAt }: Phase): boolean {
  if (away !== null && sentAt >= away.from + READY_LAG_MS && endedAt <= away.until) return status !== 503;
  return sentAt >= returnedAt + RETURN_MS_MAX && status !== 200;
}

function of(gateway: string): (seen: { readonly gateway: string }) => boolean {
  return (seen) => seen.gateway === gateway;
}

/** How long after the instant each gateway had its first success; of those, the longest. */
function slowest(names: readonly string[], ends: (name: string) => readonly { endedAt: number }[], since: number): number {
  const first = (name: string) =>
    Math.min(
      ...ends(name)
        .map(({ endedAt }) => endedAt)
        .filter((endedAt) => endedAt >= since),
    );
  return Math.max(...names.map(first)) - since;
}

export function check(name: string, isPassed: boolean, detail: string): Check {
  return { name, isPassed, detail };
}

function describe(samples: readonly Sample[], { startedAt }: Phase): string {
  const shown = samples.slice(0, 5).map(({ gateway, sentAt, endedAt, status, idleMs }) => {
    const times = `${seconds(sentAt - startedAt)} s for ${(endedAt - sentAt).toFixed(0)} ms (idle server: ${idleMs.toFixed(0)} ms)`;
    return `${gateway} ${status} at ${times}`;
  });
  return `${samples.length} times: ${shown.join('; ')}`;
}

/** Why calls failed that were sent after the return. */
function reasonsOf(attempts: readonly Attempt[], since: number): string {
  const failed = attempts.filter(({ outcome, sentAt }) => outcome === 'failed' && sentAt >= since);
  const counts = new Map<string, number>();
  for (const { reason } of failed) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} × ${reason}`).join(', ');
}

function seconds(durationMs: number): string {
  return (durationMs / 1_000).toFixed(1);
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const lines = [HEADER, ...rows];
  const widths = HEADER.map((_name, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const print = (line: readonly string[]): void => {
    const cells = line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  };
  print(HEADER);
  print(widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  for (const row of rows) print(row);
}

/** Prints each check that failed, then the counts, as the last line. Returns the exit code. */
export function printChecks(checks: readonly Check[]): number {
  const failed = checks.filter(({ isPassed }) => !isPassed);
  for (const { name, detail } of failed) process.stdout.write(`FAILED ${name}: ${detail}\n`);
  process.stdout.write(`${checks.length - failed.length} passed, ${failed.length} failed\n`);
  return failed.length === 0 && checks.length > 0 ? 0 : 1;
}
