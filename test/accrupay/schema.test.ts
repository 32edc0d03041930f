import { type DocumentNode, isEnumType, isObjectType, Kind, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { ACCRUPAY_CODES } from '../../src/accrupay/errors.ts';
import { printAccrupaySchema, schema } from '../../src/accrupay/schema.ts';
import { CURRENCY_CODES } from '../../src/kernel/currency.ts';
import { REFUSALS } from '../../src/kernel/refusal.ts';
import { PROVIDER_NAMES } from '../../src/providers/descriptors.ts';
import { drawnPart } from '../docs/draw.ts';
import { pageNamed } from '../docs/pages.ts';
import { NODE_0_17, REACT_0_1 } from './documents.ts';
import { sdk } from './sdk.ts';

/** By what their names hold: the operations that Tollgate does not offer. */
const OUT_OF_SCOPE = /PaymentPlan/;

const documents = Object.entries(sdk).filter(([name]) => name.endsWith('Document')) as [string, ReturnType<typeof parse>][];

describe('the schema of this dialect', () => {
  test('is what schema.graphql says (`npm run schema` writes it anew)', async () => {
    await expect(printAccrupaySchema()).toMatchFileSnapshot('../../src/accrupay/schema.graphql');
  });

  test.each(documents.filter(([name]) => !OUT_OF_SCOPE.test(name)))('fits %s of 0.15.1', (_name, document) => {
    expect(validate(schema, document)).toEqual([]);
  });

  test('leaves out nothing else that 0.15.1 sends', () => {
    const left = documents.filter(([, document]) => validate(schema, document).length > 0).map(([name]) => name);
    expect(left.every((name) => OUT_OF_SCOPE.test(name))).toBe(true);
    expect(documents).toHaveLength(30);
    expect(left).toHaveLength(10);
  });

  test.each(Object.entries({ ...NODE_0_17, ...REACT_0_1 }))('fits %s of 0.17.0 and React', (_name, document) => {
    expect(validate(schema, parse(document))).toEqual([]);
  });

  /** Names in the published package and in the schema are the same, and ours may have more values. */
  test.each(
    Object.entries(sdk).filter(([name]) => /^[A-Z_0-9]+$/.test(name) && isEnumType(schema.getType(name))) as [string, object][],
  )('has every value of %s', (name, values) => {
    const type = schema.getType(name);
    const ours = isEnumType(type) ? type.getValues().map((value) => value.name) : [];
    expect(ours).toEqual(expect.arrayContaining(Object.values(values)));
  });

  test('answers every provider and currency of the core', () => {
    const values = (name: string) => {
      const type = schema.getType(name);
      return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
    };
    expect(values('TRANSACTION_PROVIDER').sort()).toEqual([...PROVIDER_NAMES].sort());
    expect(values('CURRENCY')).toEqual([...CURRENCY_CODES]);
  });
});

describe('the operations', () => {
  const roots = ['Query', 'Mutation'].flatMap((name) => {
    const type = schema.getType(name);
    return isObjectType(type) ? Object.keys(type.getFields()) : [];
  });
  const rootsOf = (document: DocumentNode): readonly string[] =>
    document.definitions
      .filter((node) => node.kind === Kind.OPERATION_DEFINITION)
      .flatMap(({ selectionSet }) => selectionSet.selections)
      .map((node) => (node.kind === Kind.FIELD ? node.name.value : ''));

  test('are those that docs/accrupay.md lists', () => {
    const listed = [...drawnPart(pageNamed('docs/accrupay.md').text, 'operations').matchAll(/^\| `(\w+)` \|/gm)];
    expect(listed.map(([, name]) => name)).toEqual([...roots].sort());
  });

  test('are sent by a client whose documents are known, unless they are deprecated', () => {
    const sent = [
      ...documents.map(([, document]) => document),
      ...Object.values({ ...NODE_0_17, ...REACT_0_1 }).map((text) => parse(text)),
    ];
    const known = new Set(sent.flatMap(rootsOf));
    const isDeprecated = (name: string) => schema.getQueryType()?.getFields()[name]?.deprecationReason !== undefined;
    expect(roots.filter((name) => !known.has(name) && !isDeprecated(name))).toEqual([]);
  });
});

describe('error codes', () => {
  const PLAIN = [
    'UNAUTHENTICATED',
    'GRAPHQL_PARSE_FAILED',
    'GRAPHQL_VALIDATION_FAILED',
    'BAD_USER_INPUT',
    'INTERNAL_SERVER_ERROR',
  ];

  test.each(Object.keys(REFUSALS))('%s is told as @area/CODE, or plainly where the contract says so', (refusal) => {
    const [code] = ACCRUPAY_CODES[refusal as keyof typeof REFUSALS];
    expect(PLAIN.includes(code) || /^@[a-z-]+\/[A-Z_]+$/.test(code)).toBe(true);
  });

  test('are different for different refusals', () => {
    const codes = Object.values(ACCRUPAY_CODES).map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
