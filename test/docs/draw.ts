import { TEST_CARDS } from '../../src/bank/cards.ts';
import { EVENT_TYPES } from '../../src/events/event.ts';
import { REFUSALS } from '../../src/kernel/refusal.ts';
import { SESSION_SIGNALS, SESSION_STATUSES, SESSION_TRANSITIONS } from '../../src/sessions/session.ts';
import { TRANSACTION_SIGNALS, TRANSACTION_STATUSES, TRANSACTION_TRANSITIONS } from '../../src/transactions/transaction.ts';

/** The parts of the docs that are made from data. A test compares them with what stands in the pages. */

type Table = Readonly<Record<string, Readonly<Record<string, { readonly to: string; readonly isAlert: boolean }>>>>;

/** One row for each signal, one column for each status; a dot where the status stays, an exclamation mark for an alert. */
function drawTransitions(table: Table, statuses: readonly string[], signals: readonly string[]): string {
  const cell = (from: string, signal: string): string => {
    const transition = table[from]?.[signal];
    if (transition === undefined) throw new Error(`${from} and ${signal} have no transition.`);
    return `${transition.to === from ? '·' : transition.to}${transition.isAlert ? ' !' : ''}`;
  };
  return drawTable(
    ['', ...statuses],
    signals.map((signal) => [signal, ...statuses.map((from) => cell(from, signal))]),
  );
}

function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const drawSessions = (): string => drawTransitions(SESSION_TRANSITIONS, SESSION_STATUSES, SESSION_SIGNALS);
export const drawTransactions = (): string => drawTransitions(TRANSACTION_TRANSITIONS, TRANSACTION_STATUSES, TRANSACTION_SIGNALS);

export const drawCards = (): string =>
  drawTable(
    ['Number', 'Brand', 'What it does'],
    TEST_CARDS.map(({ number, brand, effect }) => [`\`${number}\``, brand, effect]),
  );

export const drawEventTypes = (): string => EVENT_TYPES.map((type) => `- \`${type}\``).join('\n');

export const drawErrors = (): string =>
  drawTable(
    ['Code', 'What happened and what to do'],
    Object.entries(REFUSALS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  );

/** What a page holds between `<!-- name -->` and `<!-- end of name -->`. */
export function drawnPart(page: string, name: string): string {
  const [, part] = new RegExp(`<!-- ${name} -->\\n\\n([^]*?)\\n\\n<!-- end of ${name} -->`).exec(page) ?? [];
  if (part === undefined) throw new Error(`The page has no part named ${name}.`);
  return part;
}
