import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '../../src/providers/descriptors.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Files and folders of src that name a provider, and why. "Adding a provider" in CONTRIBUTING.md lists those that a new one touches. */
const PLACES: Readonly<Record<string, string>> = {
  'providers/descriptors.ts': 'the list of providers',
  'providers/registry.ts': 'the list of adapters',
  ...Object.fromEntries(PROVIDER_NAMES.map((name) => [`providers/${name.toLowerCase()}/`, 'an adapter'])),
  'simulator/': 'the vendors’ wire, one dialect for each vendor',
  'checkout/banks/': 'the vendors’ browser parts, which run without the server',
  'example/': 'the server side of EXAMPLE',
  'app.ts': 'wires the server side of EXAMPLE',
  'cli/trigger.ts': 'makes payments at the test bank, and a dispute at a simulated vendor',
  'graphql/server.ts': 'the first query that people try is for the test bank',
  'accrupay/base-config.ts': 'the AccruPay contract has types of its own for Nuvei',
  'accrupay/public.ts': 'the official AccruPay form needs the billing data at Nuvei',
};

/** As code writes the names. `example` in small letters is a word of English. */
const PATTERNS = PROVIDER_NAMES.map((name) =>
  name === 'EXAMPLE' ? /\bEXAMPLE\b|Example[A-Z]|\/example\// : new RegExp(name, 'i'),
);

/** Names and texts of the code, without its comments. */
function* textsOf(node: ts.Node): Generator<string> {
  if (ts.isIdentifier(node) || ts.isLiteralExpression(node) || ts.isTemplateLiteralToken(node) || ts.isJsxText(node))
    yield node.text;
  for (const child of node.getChildren()) yield* textsOf(child);
}

const named = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('generated/'))
  .filter((path) => {
    const tree = ts.createSourceFile(path, readFileSync(`${ROOT}src/${path}`, 'utf8'), ts.ScriptTarget.ES2023, true);
    return [...textsOf(tree)].some((text) => PATTERNS.some((pattern) => pattern.test(text)));
  });

test('providers are named only in the places on the list', () => {
  expect(named.filter((path) => !Object.keys(PLACES).some((place) => path.startsWith(place)))).toEqual([]);
});

test('every place on the list still names a provider', () => {
  expect(Object.keys(PLACES).filter((place) => !named.some((path) => path.startsWith(place)))).toEqual([]);
});

test('"Adding a provider" lists every place that a new provider touches', () => {
  const guide = readFileSync(`${ROOT}CONTRIBUTING.md`, 'utf8').split('## Adding a provider')[1]?.split('\n## ')[0] ?? '';
  const places = [
    `src/providers/descriptors.ts`,
    `src/providers/registry.ts`,
    `src/providers/<name>/`,
    `src/simulator/`,
    `src/checkout/banks/`,
  ];
  expect(places.filter((place) => !guide.includes(`\`${place}`))).toEqual([]);
});
