import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const FORBIDDEN_FOLDERS: readonly string[] = ['utils', 'helpers', 'common', 'services', 'types'];

interface Source {
  /** Path from the root of the repository. */
  readonly name: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** Every TypeScript file that is shipped and that a person wrote. */
const sources: readonly Source[] = ['src', 'packages/sdk/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('generated'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(ROOT, folder, path), 'utf8');
      return { name: `${folder}/${path}`, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
    }),
);

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Names the places in all sources where a node meets the condition. */
function placesOf(condition: (node: ts.Node, source: Source) => boolean): readonly string[] {
  return sources.flatMap((source) =>
    [...nodesOf(source.tree)]
      .filter((node) => condition(node, source))
      .map((node) => `${source.name}:${lineOf(source, node.getStart()) + 1}`),
  );
}

function lineOf({ tree }: Source, position: number): number {
  return tree.getLineAndCharacterOfPosition(position).line;
}

describe('sizes', () => {
  test(`no file has more than ${FILE_LINES_MAX} lines`, () => {
    expect(sources.filter(({ text }) => text.trimEnd().split('\n').length > FILE_LINES_MAX).map(({ name }) => name)).toEqual([]);
  });

  test(`no function has more than ${FUNCTION_LINES_MAX} lines`, () => {
    const isTooLong = (node: ts.Node, source: Source): boolean =>
      ts.isFunctionLike(node) && lineOf(source, node.getEnd()) - lineOf(source, node.getStart()) + 1 > FUNCTION_LINES_MAX;
    expect(placesOf(isTooLong)).toEqual([]);
  });

  test('no function takes a boolean parameter of its own', () => {
    const isFlag = (node: ts.Node): boolean =>
      ts.isParameter(node) && ts.isFunctionDeclaration(node.parent) && node.type?.kind === ts.SyntaxKind.BooleanKeyword;
    expect(placesOf(isFlag)).toEqual([]);
  });
});

describe('one place for each door to the outside', () => {
  test('the environment is read in src/config.ts only', () => {
    const readsEnvironment = (node: ts.Node, source: Source): boolean =>
      source.name !== 'src/config.ts' &&
      ((ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') ||
        (ts.isElementAccessExpression(node) && /^process\[.env.\]$/.test(node.getText())) ||
        (ts.isImportSpecifier(node) && node.getText() === 'env'));
    expect(placesOf(readsEnvironment)).toEqual([]);
  });

  test('the clock is read in files named clock.ts only', () => {
    const readsClock = (node: ts.Node, source: Source): boolean =>
      basename(source.name) !== 'clock.ts' &&
      ((ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0) ||
        (ts.isCallExpression(node) && ['Date', 'Date.now', 'performance.now'].includes(node.expression.getText())));
    expect(placesOf(readsClock)).toEqual([]);
  });
});

/** Pages, where a failed round ends no process, and the look at the parent process, which asks nothing of anything. */
const MAY_REPEAT = /^src\/(console|checkout)\/|^src\/cli\/stop-signal\.ts$/;

test('background work that repeats has the shape of src/kernel/loop.ts', () => {
  const repeats = (node: ts.Node, source: Source): boolean =>
    !MAY_REPEAT.test(source.name) && ts.isCallExpression(node) && node.expression.getText() === 'setInterval';
  expect(placesOf(repeats)).toEqual([]);
});

test('addresses are tried by src/kernel/url.ts: URL.canParse of Node.js 20 fails at letters such as ü once it is hot', () => {
  const tries = (node: ts.Node, source: Source): boolean =>
    !source.name.startsWith('src/checkout/') && ts.isPropertyAccessExpression(node) && node.getText() === 'URL.canParse';
  expect(placesOf(tries)).toEqual([]);
});

test('statements are sent by stores and the database layer', () => {
  const sends = (node: ts.Node, source: Source): boolean =>
    !/^src\/database\/|store\.ts$/.test(source.name) && ts.isIdentifier(node) && /^\$(query|execute)Raw/.test(node.text);
  expect(placesOf(sends)).toEqual([]);
});

/** Of tables that stand outside of the order: codes, the bank's, and one table at a time when values are sealed again. */
const MAY_LOCK = /^src\/(database\/lock|database\/sealing|operations\/code-store|bank\/store)\.ts$/;

test('rows are locked by src/database/lock.ts, and by sweeps that skip what is locked', () => {
  const locks = (node: ts.Node, source: Source): boolean =>
    !MAY_LOCK.test(source.name) &&
    (ts.isTemplateExpression(node) || ts.isStringLiteralLike(node)) &&
    /\bFOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)\b(?! SKIP LOCKED)/.test(node.getText());
  expect(placesOf(locks)).toEqual([]);
});

describe('names', () => {
  test('there are no barrels', () => {
    expect(sources.filter(({ name }) => basename(name) === 'index.ts').map(({ name }) => name)).toEqual([]);
  });

  test('no folder is called after what could be anything', () => {
    const folders = new Set(sources.flatMap(({ name }) => dirname(name).split('/')));
    expect(FORBIDDEN_FOLDERS.filter((folder) => folders.has(folder))).toEqual([]);
  });
});

/** A parameter of one of these types names the merchant whose rows are meant. */
const SCOPED_TYPES: readonly string[] = [
  'MerchantScope',
  'Session',
  'Transaction',
  'Operation',
  'ProviderAccount',
  'Delivery',
  'Merchant',
  'ApiKey',
  'AccountRecord',
  'SignIn',
  'WebhookEndpoint',
  'Owner',
];

/** The store functions that touch rows without naming a merchant, and why they may. */
const UNSCOPED: Readonly<Record<string, string>> = {
  'merchants/readMerchant': 'finds the merchant itself',
  'merchants/readMerchants': 'for the command line, whose user owns the gateway',
  'merchants/readKeyByFingerprint': 'a key is a credential: its fingerprint leads to the merchant',
  'merchants/readAccountByWebhook': 'the path of a webhook is a credential: it leads to the merchant',
  'merchants/readAccountOfProvider': 'the built-in bank knows its accounts by id and calls back for no merchant of ours',
  'merchants/openSignIn': 'the link to the console is a credential: its fingerprint leads to one sign-in',
  'merchants/readSignIn': 'a token is a credential: its fingerprint leads to one sign-in',
  'merchants/saveSignOut': 'a token is a credential: its fingerprint leads to one sign-in',
  'sessions/findSessionOfToken': 'a token is a credential: its fingerprint leads to one session',
  'sessions/claimDueSessions': 'deferred work of all merchants; each row carries its own',
  'sessions/listChangedSessions': 'one look for all streams; each was let in before, and returns to its own merchant’s session',
  'events/listReadersBehind': 'one look for all streams; each reader carries its own merchant',
  'merchants/listInForce': 'a key or sign-in that opened a stream was let in by its text before',
  'transactions/claimDueTransactions': 'deferred work of all merchants; each row carries its own',
  'overview/insertMissingMarks': 'finds whose sessions are to be counted; each mark carries its merchant',
  'overview/claimDueMarks': 'deferred work of all merchants; each mark carries its own',
  'events/readLogLagMs': 'asks how long transactions have been open, and reads no merchant’s rows',
  'overview/readOldestWriteMs': 'asks how long transactions have been open, and reads nobody’s rows',
  'operations/findDueOperations': 'deferred work of all merchants; each row carries its own',
  'operations/expireLeases': 'a database with one owner, at its start',
  'operations/listUnsettledOperations': 'for the command line, whose user owns the gateway',
  'operations/findUnsettledOperation': 'for the command line, whose user owns the gateway',
  'merchant-webhooks/claimDue': 'deferred work of all merchants; each row carries its own',
  'merchant-webhooks/recordAttempts': 'what was claimed before; each row carries its merchant',
  'merchant-webhooks/pruneDeleted': 'removes what is left of the deleted endpoints of all merchants',
  'merchant-webhooks/pruneEndpoints': 'removes the deleted endpoints of all merchants',
  'events/readNextTransaction': 'asks PostgreSQL for a number, and reads no merchant’s rows',
  'events/readFirstOpen': 'asks which transactions are open, and reads no merchant’s rows',
  'merchant-webhooks/pruneAttempts': 'deletes the old attempts of all merchants',
  'merchant-webhooks/listEndpointsByIds': 'the endpoints of deliveries that were claimed; each row carries its merchant',
  'webhooks/findDelivery': 'a job names its delivery by id; the row carries its merchant',
};

/** The bank and the simulator stand outside of the merchants and have rows of their own; jobs belong to the gateway. */
const STORES_WITHOUT_MERCHANTS = /^src\/(bank|jobs|simulator)\//;

describe('stores', () => {
  const stores = sources.filter(
    ({ name }) => /^src\/[\w-]+\/[\w-]*store\.ts$/.test(name) && !STORES_WITHOUT_MERCHANTS.test(name),
  );
  const functions = stores.flatMap(({ name, tree }) =>
    tree.statements
      .filter(ts.isFunctionDeclaration)
      .filter(
        ({ modifiers, parameters }) =>
          isExported(modifiers) && parameters.some((parameter) => /^(Tx|Models)$/.test(parameter.type?.getText() ?? '')),
      )
      .map((node) => ({ id: `${name.split('/')[1]}/${node.name?.getText()}`, node })),
  );

  test('every store is looked at', () => {
    expect(stores.length).toBeGreaterThanOrEqual(8);
    expect(functions.length).toBeGreaterThan(50);
  });

  test('every function that touches rows names the merchant, or is on the list with a reason', () => {
    expect(functions.filter(({ id, node }) => !namesMerchant(node) && !(id in UNSCOPED)).map(({ id }) => id)).toEqual([]);
  });

  test('the list names no function that is gone or names the merchant by now', () => {
    const unscoped = functions.filter(({ node }) => !namesMerchant(node)).map(({ id }) => id);
    expect(Object.keys(UNSCOPED).filter((id) => !unscoped.includes(id))).toEqual([]);
  });
});

/** Prisma's calls that take a condition. */
const LOOK_UPS: readonly string[] = [
  'findFirst',
  'findFirstOrThrow',
  'findUnique',
  'findUniqueOrThrow',
  'findMany',
  'update',
  'updateMany',
  'updateManyAndReturn',
  'upsert',
  'delete',
  'deleteMany',
  'count',
  'aggregate',
  'groupBy',
];

/** The calls that mean any row on purpose, or build their condition from parts, and why they may. */
const FREE_LOOK_UPS: Readonly<Record<string, string>> = {
  readMerchants: 'lists all merchants, for the command line',
  refuseForeignSeals: 'tries the encryption key on any sealed bytes, at start',
  openAccountBook: 'reads the accounts of the simulator, which has no merchants',
};

/**
 * An empty object spread into a condition is no condition, and no error. So a condition names each of its fields: what is
 * missing is undefined then, and Prisma refuses it (`strictUndefinedChecks`).
 */
describe('conditions', () => {
  const calls = sources
    .filter(({ name }) => !/^(packages|src\/(console|checkout))\//.test(name))
    .flatMap(({ tree }) => [...nodesOf(tree)].filter(isLookUp));
  const isFree = (call: ts.CallExpression): boolean => nameOfFunction(call) in FREE_LOOK_UPS;

  test('every look-up is looked at', () => {
    expect(calls.length).toBeGreaterThan(70);
  });

  test('every look-up has a condition that names its fields, or is on the list with a reason', () => {
    expect(calls.filter((call) => !namesConditions(call) && !isFree(call)).map((call) => call.getText())).toEqual([]);
  });

  test('the list names no function that is gone or names its conditions by now', () => {
    const free = calls.filter((call) => !namesConditions(call)).map(nameOfFunction);
    expect(Object.keys(FREE_LOOK_UPS).filter((name) => !free.includes(name))).toEqual([]);
  });

  test('no raw statement is built from a plain text', () => {
    expect(placesOf((node) => ts.isIdentifier(node) && /^\$(query|execute)RawUnsafe$/.test(node.text))).toEqual([]);
  });
});

/** A call of one of Prisma's models, such as `client.session.findFirst`, or of a table's conditions, `sessions.is`. */
function isLookUp(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression } = node.expression;
  if (isOfTable(node)) return true;
  return (
    LOOK_UPS.includes(name.text) &&
    ts.isPropertyAccessExpression(expression) &&
    /^(tx|models|.*\bclient)\.\w+$/.test(expression.getText())
  );
}

function isOfTable({ expression }: ts.CallExpression): boolean {
  return /^[a-z]\w*\.is$/.test(expression.getText());
}

function namesConditions(call: ts.CallExpression): boolean {
  const [options] = call.arguments;
  if (options !== undefined && isOfTable(call)) return namesFields(options);
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
  const where = options.properties.find((property) => property.name?.getText() === 'where');
  if (where === undefined) return false;
  if (ts.isPropertyAssignment(where)) return namesFields(where.initializer);
  const written =
    functionOf(call)
      ?.getChildren()
      .flatMap((child) => [...nodesOf(child)]) ?? [];
  return written.some(
    (node) =>
      ts.isVariableDeclaration(node) && node.name.getText() === 'where' && !!node.initializer && namesFields(node.initializer),
  );
}

/** What is spread is a scope, whose fields `scopeOf` and `whereOwner` name, or a constant of the function that names its fields. */
function namesFields(condition: ts.Expression): boolean {
  if (ts.isIdentifier(condition)) {
    const constants = [...nodesOf(functionOf(condition) ?? condition)].filter(ts.isVariableDeclaration);
    const own = constants.find(({ name }) => name.getText() === condition.text);
    return own?.initializer !== undefined && namesFields(own.initializer);
  }
  if (ts.isConditionalExpression(condition)) return namesFields(condition.whenTrue) && namesFields(condition.whenFalse);
  if (!ts.isObjectLiteralExpression(condition) || condition.properties.length === 0) return false;
  return condition.properties.every((property) =>
    ts.isSpreadAssignment(property)
      ? /^(scopeOf|whereOwner)\(/.test(property.expression.getText()) || namesFields(property.expression)
      : true,
  );
}

function functionOf(node: ts.Node): ts.FunctionDeclaration | undefined {
  let parent: ts.Node | undefined = node;
  while (parent !== undefined && !ts.isFunctionDeclaration(parent)) parent = parent.parent;
  return parent;
}

function nameOfFunction(node: ts.Node): string {
  return functionOf(node)?.name?.text ?? '';
}

function isExported(modifiers: ts.NodeArray<ts.ModifierLike> | undefined): boolean {
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** Whether a parameter is a scope, a thing that carries one, or a `merchantId`; also as a part of an object. */
function namesMerchant({ parameters }: ts.FunctionDeclaration): boolean {
  return parameters.some((parameter) => {
    const type = parameter.type?.getText() ?? '';
    const carriesScope = SCOPED_TYPES.some((name) => new RegExp(`\\b${name}\\b`).test(type));
    return carriesScope || parameter.name.getText() === 'merchantId' || /\bmerchantId\b/.test(type);
  });
}
