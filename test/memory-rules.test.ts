import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../src/', import.meta.url));

/** What stays in memory between requests, and what bounds it. A name in capitals is a limit in the same file. */
const KEPT: Readonly<Record<string, string>> = {
  // Requests decide about the keys or the values.
  'endpoint/documents.ts kept': 'DOCUMENTS_BYTES_MAX, by weight',
  'kernel/bounded-cache.ts entries': 'the weight that its owner gives: it drops the least recently used ones beyond it',
  'merchants/caches.ts entries': 'ENTRIES_MAX, then all are dropped; only rows that exist are kept',
  'kernel/money.ts formats': 'FORMATS_MAX, then all are dropped',
  'providers/stripe/client.ts clients': 'CLIENTS_MAX, the oldest is dropped',
  'database/database.ts names': 'PREPARED_STATEMENTS_MAX, further statements get no name',
  'graphql/export.ts sides': 'LIMITS: one entry for each export under way, further ones are refused',
  'live/streams.ts open': 'perProcess of its limits, further ones are refused',
  'live/streams.ts followers': 'among the open ones',
  'live/streams.ts watchers': 'among the open ones',
  'endpoint/event-stream.ts beats': 'one function for each open stream',
  'simulator/requests.ts kept': 'REQUESTS_MAX and LENGTH_MAX, the oldest are dropped',
  'simulator/record-store.ts known': 'KNOWN_MAX ids of a fixed form for each database, then all are dropped',
  'simulator/faults.ts orders': 'ORDERS_MAX, further ones are refused',
  'simulator/accounts.ts accounts': 'ACCOUNTS_MAX, further ones are refused',
  'simulator/nuvei/dialect.ts running': 'one entry for each call under way',
  'simulator/stripe/idempotency.ts running': 'one entry for each call under way',

  // Each is gone with its key, which is a transaction, a request, a document or a part of one. `documents.ts` bounds the documents.
  'endpoint/documents.ts texts': 'one text for each document',
  'endpoint/documents.ts compiledFields': 'one number for each document',
  'endpoint/endpoint.ts requestIds': 'one id for each request',
  'endpoint/execution.ts known': 'one program for each operation, in the weight of its document',
  'endpoint/list-budget.ts budgets': 'one number for each request',
  'endpoint/list-budget.ts known': 'one number for each field of a document',
  'endpoint/subscriptions.ts messageIds': 'one name for each message of a stream',
  'endpoint/subscriptions.ts sourceEnds': 'one promise for each request',
  'endpoint/one-of.ts reported': 'no value, for each error of a request',
  'endpoint/selection.ts known': 'one fact for each field of a document',
  'endpoint/page-sizes.ts found': 'one list of arguments for each document',
  'database/lock.ts reached': 'one number for each open transaction',
  'merchant-webhooks/sender.ts ended': 'one attempt for each request that has ended since the last round',
  'merchant-webhooks/sender.ts busy': 'one number for each endpoint with a request under way, at most 8 each',
  'merchant-webhooks/sender.ts underWay': 'one request for each delivery that was claimed, at most 8 of an endpoint',
  'merchant-webhooks/connections.ts openedAt': 'one instant for each connection',
  'database/lock.ts holdingSessions': 'one mark for each open transaction',
  'database/news.ts news': 'one entry for each commit with events in a transaction, which ends with it',
  'database/news.ts listeners': 'one for each reader of the process: the streams of live status and the sender of webhooks',

  // Nothing that a request says decides about them.
  'database/pool.ts clients': 'the size of the pool',
  'database/pool.ts idle': 'the size of the pool',
  'database/pool.ts #pending': 'the statements that one connection waits for',
  'endpoint/list-budget.ts bounded': 'the schemas of the gateway',
  'kernel/digits.ts values': 'the decimal digits of Unicode',
  'http/pages.ts files': 'the files of one page',
  'jobs/lanes.ts counts': 'TOTAL_MAX: the accounts whose work is under way',
  'jobs/lanes.ts running': 'TOTAL_MAX',
};

/** What is gone when the call or the request that made it ends. The limits of a request bound it. */
const OF_ONE_CALL: readonly string[] = [
  'accrupay/context.ts accounts',
  'database/server-url.ts problems',
  'endpoint/arguments.ts calls',
  'endpoint/coercion.ts issues',
  'endpoint/document-rules.ts counts',
  'endpoint/fast-path.ts chunks',
  'endpoint/loaders.ts loaded',
  'endpoint/one-of.ts variables',
  'endpoint/page-sizes.ts plain',
  'endpoint/page-sizes.ts sizes',
  'endpoint/execution.ts counted',
  'merchant-webhooks/answer.ts kept',
  'sessions/export.ts slots',
];

const GROWING_CALLS: readonly string[] = ['add', 'push', 'set', 'unshift'];
const MADE_AS = /^(new ((Weak)?(Map|Set)|\w*Array)\b|create\w*Cache\b|Object\.create\b|\[|\{)/;

type Maker = ts.VariableDeclaration | ts.PropertyDeclaration | ts.PropertyAssignment;

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

function makesCollection(node: ts.Node): node is Maker {
  const isMaker = ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node);
  return isMaker && node.initializer !== undefined && MADE_AS.test(node.initializer.getText());
}

/** The function, class or file that a node is in. */
function homeOf(node: ts.Node): ts.Node | undefined {
  return ts.findAncestor(node.parent, (parent) => ts.isFunctionLike(parent) || ts.isClassLike(parent) || ts.isSourceFile(parent));
}

/** What a node makes larger or replaces: `it.set(…)`, `this.it.push(…)`, `it[…] = …`, `it = …`. */
function grownBy(node: ts.Node): string | undefined {
  return /(?:^|\.)(#?\w+)$/.exec(expressionGrownBy(node)?.getText() ?? '')?.[1];
}

function expressionGrownBy(node: ts.Node): ts.Expression | null {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    return GROWING_CALLS.includes(node.expression.name.text) ? node.expression.expression : null;
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return null;
  return ts.isElementAccessExpression(node.left) ? node.left.expression : node.left;
}

/** Collections that grow in a function inside of what made them, and so can outlive every call of that function. */
function growingIn(file: string, text: string): readonly string[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const nodes = [...nodesOf(tree)];
  const makers = nodes.filter(makesCollection).map((node) => ({ name: node.name.getText(), home: homeOf(node) }));
  const names = nodes.flatMap((node) => {
    const name = grownBy(node);
    const seen = makers.filter(({ name: made, home }) => made === name && ts.findAncestor(node, (parent) => parent === home));
    return seen.length > 0 && seen.every(({ home }) => home !== homeOf(node)) ? [`${file} ${name}`] : [];
  });
  return [...new Set(names)];
}

const texts = new Map(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/^(generated|console|checkout)\//.test(path))
    .sort()
    .map((path) => [path, readFileSync(FOLDER + path, 'utf8')]),
);

describe('a collection of the server that grows', () => {
  const growing = [...texts].flatMap(([path, text]) => growingIn(path, text));

  it('is listed with its bound, or ends with the call that made it', () => {
    expect(growing.filter((name) => !(name in KEPT) && !OF_ONE_CALL.includes(name))).toEqual([]);
  });

  it('is listed only while it is there', () => {
    expect([...Object.keys(KEPT), ...OF_ONE_CALL].filter((name) => !growing.includes(name))).toEqual([]);
  });

  it.each(Object.entries(KEPT))('%s is bounded by a limit that its file has: %s', (name, bound) => {
    const limits = bound.match(/\b[A-Z][A-Z_]+\b/g) ?? [];
    const text = texts.get(name.split(' ')[0] ?? '') ?? '';
    expect(limits.filter((limit) => !new RegExp(`\\bconst ${limit} =`).test(text))).toEqual([]);
  });

  it.each([
    'const seen = new Map(); export function note(key) { seen.set(key, 1); }',
    'export function createNotes() { const seen = new Set(); return { note: (key) => seen.add(key) }; }',
    'export function createNotes() { const state = { seen: [] }; return (key) => { state.seen.push(key); }; }',
    'class Notes { seen = {}; note(key) { this.seen[key] = 1; } }',
    'let seen: string[] = []; export const note = (key) => { seen = [...seen, key]; };',
    'const seen = createBoundedCache(1); export function note(key) { seen.set(key, 1, 1); }',
  ])('is found in %s', (text) => {
    expect(growingIn('x.ts', text)).toEqual(['x.ts seen']);
  });

  it.each([
    'const NAMES = new Set(["a"]); export const isName = (key) => NAMES.has(key);',
    'export function count(keys) { const seen = new Map(); for (const key of keys) seen.set(key, 1); return seen.size; }',
  ])('is not found in %s', (text) => {
    expect(growingIn('x.ts', text)).toEqual([]);
  });
});
