import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { MASKS } from '../../src/kernel/masks.ts';
import { ROUTES } from '../../src/simulator/stripe/routes.ts';
import { findSlowest, isLinear } from './worst-input.ts';

const FOLDER = fileURLToPath(new URL('../../src/', import.meta.url));

/** Patterns whose text is made from arguments, by file: as they are when the program runs. */
const BUILT: Readonly<Record<string, readonly RegExp[]>> = {
  'kernel/masks.ts': MASKS.map(([pattern]) => pattern),
  'simulator/stripe/routes.ts': ROUTES.map(({ path }) => path),
};

interface Place {
  readonly file: string;
  /** A regular expression literal, or a call of RegExp. */
  readonly node: ts.Node;
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

function isPattern(node: ts.Node): boolean {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) return node.expression.getText() === 'RegExp';
  return ts.isRegularExpressionLiteral(node);
}

const places: readonly Place[] = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('generated'))
  .sort()
  .flatMap((file) => {
    const tree = ts.createSourceFile(file, readFileSync(FOLDER + file, 'utf8'), ts.ScriptTarget.ES2023, true);
    return [...nodesOf(tree)].filter(isPattern).map((node) => ({ file, node }));
  });
const isLiteral = ({ node }: Place): boolean => ts.isRegularExpressionLiteral(node);

/** `split` looks for every match, whatever the flags say. */
function toPattern(found: RegExp, { parent }: ts.Node): RegExp {
  const isSplit = ts.isCallExpression(parent) && parent.expression.getText().endsWith('.split');
  return new RegExp(found.source, isSplit && !found.global ? `${found.flags}g` : found.flags);
}

/** Builds the pattern from constants: those of the call itself, and those that its file exports. */
async function build({ file, node }: Place): Promise<readonly RegExp[]> {
  const exported = (await import(FOLDER + file)) as Record<string, unknown>;
  return BUILT[file] ?? [toPattern(runInNewContext(node.getText(), { ...exported }) as RegExp, node)];
}

function describeSlow(name: string, pattern: RegExp): string | null {
  const slowest = findSlowest(pattern);
  if (isLinear(slowest)) return null;
  return `${name} ${pattern}: 4 kB ${slowest.ms4} ms, 8 kB ${slowest.ms8} ms, ${slowest.text}`;
}

describe('a regular expression of the source', () => {
  it('takes at most about twice as long for twice the text, at its worst', () => {
    const literals = places.filter(isLiteral);
    expect(literals.length).toBeGreaterThan(200);
    const patterns = literals.map(
      ({ file, node }) => [file, toPattern(runInNewContext(node.getText()) as RegExp, node)] as const,
    );
    const byText = new Map(patterns.map(([file, pattern]) => [String(pattern), { file, pattern }]));
    const slow = [...byText.values()].map(({ file, pattern }) => describeSlow(file, pattern));
    expect(slow.filter((each) => each !== null)).toEqual([]);
  });

  it('is linear too where it is built from constants', async () => {
    const built = places.filter((place) => !isLiteral(place));
    expect(built.map(({ file }) => file)).toEqual(expect.arrayContaining(['kernel/masks.ts', ...Object.keys(BUILT)]));
    for (const place of built) {
      const slow = (await build(place)).map((pattern) => describeSlow(place.file, pattern));
      expect(slow.filter((each) => each !== null)).toEqual([]);
    }
  });
});

describe('the search for the worst text', () => {
  it.each([
    ['a match that may begin anywhere', /\s+$/],
    ['two parts that share letters', /^\d*\w*!$/],
    ['parts of several letters', /"(?:[^"\\]|\\.)*"/],
    ['a limit that is too large', /\d{1,5000}-/],
    ['a look ahead', /x(?=[^y]*z)/g],
  ])('finds the quadratic time of %s: %s', (_name, pattern) => {
    expect(describeSlow('planted', pattern)).toContain('planted');
  });

  it.each([['nested repetition', /^(?:\w+\s?)*$/]])('finds the exponential time of %s: %s', (_name, pattern) => {
    expect(describeSlow('planted', pattern)).toContain('8 kB Infinity ms');
  });

  it.each([/^\s*(\d{4})-(\d{1,2})\s*$/, /,\s*$/, /"([^"]*)"/g, /^(?:\w+\s)*$/, /[a-z]{1,50}!/])(
    'passes the linear %s',
    (pattern) => {
      expect(describeSlow('linear', pattern)).toBeNull();
    },
  );
});
