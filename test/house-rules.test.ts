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

/** Every TypeScript file of src that a person wrote. */
const sources: readonly Source[] = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('generated'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(ROOT, 'src', path), 'utf8');
    return { name: `src/${path}`, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
  });

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
  'Owner',
];

/** The store functions that touch rows without naming a merchant, and why they may. */
const UNSCOPED: Readonly<Record<string, string>> = {
  'merchants/readMerchant': 'finds the merchant itself',
  'merchants/readMerchants': 'for the command line, whose user owns the gateway',
  'merchants/readKeyByFingerprint': 'a key is a credential: its fingerprint leads to the merchant',
  'merchants/readAccountByWebhook': 'the path of a webhook is a credential: it leads to the merchant',
  'merchants/readExampleAccount': 'the built-in bank knows its accounts by id and calls back for no merchant of ours',
  'merchants/openSignIn': 'the link to the console is a credential: its fingerprint leads to one sign-in',
  'merchants/readSignIn': 'a token is a credential: its fingerprint leads to one sign-in',
  'merchants/saveSignOut': 'a token is a credential: its fingerprint leads to one sign-in',
  'merchants/readSealedSample': 'tries the encryption key on any sealed bytes, at start',
  'sessions/findSessionOfToken': 'a token is a credential: its fingerprint leads to one session',
  'sessions/claimDueSessions': 'deferred work of all merchants; each row carries its own',
  'transactions/claimDueTransactions': 'deferred work of all merchants; each row carries its own',
  'overview/insertMissingMarks': 'finds whose sessions are to be counted; each mark carries its merchant',
  'overview/claimDueMarks': 'deferred work of all merchants; each mark carries its own',
  'overview/readOldestWriteMs': 'asks how long transactions have been open, and reads nobody’s rows',
  'operations/findDueOperations': 'deferred work of all merchants; each row carries its own',
  'operations/expireLeases': 'a database with one owner, at its start',
  'operations/listUnsettledOperations': 'for the command line, whose user owns the gateway',
  'operations/findUnsettledOperation': 'for the command line, whose user owns the gateway',
  'webhooks/findDelivery': 'a job names its delivery by id; the row carries its merchant',
};

/** The bank stands outside of the merchants and has rows of its own; jobs belong to the gateway. */
const STORES_WITHOUT_MERCHANTS: readonly string[] = ['src/bank/store.ts', 'src/jobs/store.ts'];

describe('stores', () => {
  const stores = sources.filter(({ name }) => /^src\/[\w-]+\/store\.ts$/.test(name) && !STORES_WITHOUT_MERCHANTS.includes(name));
  const functions = stores.flatMap(({ name, tree }) =>
    tree.statements
      .filter(ts.isFunctionDeclaration)
      .filter(
        ({ modifiers, parameters }) =>
          isExported(modifiers) && parameters.some((parameter) => parameter.type?.getText() === 'Tx'),
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
