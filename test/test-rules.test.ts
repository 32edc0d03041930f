import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

interface Place {
  readonly node: ts.Node;
  /** `providers/conformance.ts:73` */
  readonly name: string;
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

function placesIn(file: string, text: string): readonly Place[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  return [...nodesOf(tree)].map((node) => ({
    node,
    name: `${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
  }));
}

const places: readonly Place[] = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'test-rules.test.ts')
  .sort()
  .flatMap((path) => placesIn(path, readFileSync(`${FOLDER}${path}`, 'utf8')));

/** The function that is the body of a test: `it('…', body)`, `test.each(rows)('…', options, body)` and the like. */
function isBodyOfTest(node: ts.Node): boolean {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return false;
  return ts.isCallExpression(node.parent) && /^(it|test)\b/.test(node.parent.expression.getText());
}

function ownerOf(node: ts.Node): ts.Node | undefined {
  return ts.findAncestor(node.parent, ts.isFunctionLike);
}

/** A return without a value, which ends a test as if it had passed. */
function endsTestEarly(node: ts.Node): boolean {
  const owner = ts.isReturnStatement(node) && node.expression === undefined ? ownerOf(node) : undefined;
  return owner !== undefined && isBodyOfTest(owner);
}

function skipsWithoutReason(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !/(^|\.)skip$/.test(node.expression.getText())) return false;
  const [first] = node.arguments;
  return first === undefined || (node.arguments.length === 1 && !ts.isSpreadElement(first) && !ts.isStringLiteral(first));
}

function isSwitchedOff(node: ts.Node): boolean {
  return ts.isPropertyAccessExpression(node) && /^(it|test|describe)\.(only|skip|todo|fails)$/.test(node.getText());
}

const RULES = [
  ['ends early and so counts as passed', endsTestEarly],
  ['is skipped without a reason', skipsWithoutReason],
  ['is switched off, or switches others off', isSwitchedOff],
] as const;

describe('a test', () => {
  test.each(RULES)('never %s', (_rule, breaks) => {
    expect(places.length).toBeGreaterThan(100_000);
    expect(places.filter(({ node }) => breaks(node)).map(({ name }) => name)).toEqual([]);
  });

  test.each([
    ["it('x', () => { if (no) return; expect(1).toBe(1); });", endsTestEarly],
    ["test.each([1])('x', { timeout: 1 }, async () => { return; });", endsTestEarly],
    ["it('x', ({ skip }) => skip(no));", skipsWithoutReason],
    ["it('x', (context) => context.skip());", skipsWithoutReason],
    ["it.only('x', () => {});", isSwitchedOff],
  ] as const)('such as %s is found', (text, breaks) => {
    expect(placesIn('x.ts', text).filter(({ node }) => breaks(node))).toHaveLength(1);
  });
});
