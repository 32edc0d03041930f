import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { printNativeSchema, schema } from '../../src/graphql/schema.ts';
import { COUNTRY_CODES } from '../../src/kernel/country.ts';
import { CURRENCY_CODES } from '../../src/kernel/currency.ts';
import { PROVIDER_NAMES } from '../../src/providers/descriptors.ts';
import { DECLINE_ADVICES, DECLINE_REASONS, HOLDS, SESSION_KINDS } from '../../src/providers/provider.ts';
import { DEVICE_TYPES, SESSION_ACTIONS, SESSION_STATUSES } from '../../src/sessions/session.ts';
import { TRANSACTION_ACTIONS, TRANSACTION_STATUSES } from '../../src/transactions/transaction.ts';

const ownTypes = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type));

/** Every described thing of a type, by its coordinate in the schema. */
function descriptionsOf(type: GraphQLNamedType): [string, string | null | undefined][] {
  const own: [string, string | null | undefined] = [type.name, type.description];
  if (isEnumType(type))
    return [
      own,
      ...type.getValues().map((value): [string, string | null | undefined] => [`${type.name}.${value.name}`, value.description]),
    ];
  if (isInputObjectType(type))
    return [
      own,
      ...Object.values(type.getFields()).map((field): [string, string | null | undefined] => [
        `${type.name}.${field.name}`,
        field.description,
      ]),
    ];
  if (!isObjectType(type) && !isInterfaceType(type)) return [own];
  const fields = Object.values(type.getFields()).flatMap((field): [string, string | null | undefined][] => [
    [`${type.name}.${field.name}`, field.description],
    ...field.args.map((arg): [string, string | null | undefined] => [`${type.name}.${field.name}(${arg.name})`, arg.description]),
  ]);
  return [own, ...fields];
}

function valuesOf(name: string): string[] {
  const type = schema.getType(name);
  if (!isEnumType(type)) throw new Error(`${name} is not an enum.`);
  return type
    .getValues()
    .map((value) => value.name)
    .sort();
}

describe('the native schema', () => {
  test('is what schema.graphql says (`npm run schema` writes it anew)', async () => {
    await expect(printNativeSchema()).toMatchFileSnapshot('../../schema.graphql');
  });

  test('describes every type, field, argument and value in full sentences', () => {
    const poor = ownTypes.flatMap(descriptionsOf).filter(([, text]) => !/^[A-Z“`].{7,}[.]$/s.test(text ?? ''));
    expect(poor).toEqual([]);
  });

  test('tells for every nullable output field when it is null or who sees it', () => {
    const silent = ownTypes
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .flatMap((type) => Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const))
      .filter(([, field]) => !String(field.type).endsWith('!') && !/\bnull\b/i.test(field.description ?? ''))
      .map(([coordinate]) => coordinate);
    expect(silent).toEqual([]);
  });

  test.each([
    ['Currency', CURRENCY_CODES],
    ['CountryIso2', COUNTRY_CODES],
    ['TransactionProvider', PROVIDER_NAMES],
    ['SessionKind', SESSION_KINDS],
    ['SessionStatus', SESSION_STATUSES],
    ['SessionAction', SESSION_ACTIONS],
    ['TransactionStatus', TRANSACTION_STATUSES],
    ['TransactionAction', TRANSACTION_ACTIONS],
    ['Hold', HOLDS],
    ['DeclineReason', DECLINE_REASONS],
    ['DeclineAdvice', DECLINE_ADVICES],
    ['DeviceType', DEVICE_TYPES],
  ] as const)('has every value of %s that the domain has', (name, values) => {
    expect(valuesOf(name)).toEqual([...values].sort());
  });

  test('selects by exactly one way: every selector is a oneOf input', () => {
    const selectors = ownTypes.filter((type) => isInputObjectType(type) && type.name.endsWith('Selector'));
    expect(selectors.map((type) => [type.name, isInputObjectType(type) && type.isOneOf])).toEqual(
      ['TransactionProviderSelector', 'ClientSessionSelector', 'TransactionSelector', 'CustomerSelector']
        .map((name) => [name, true])
        .sort(
          (left, right) =>
            selectors.findIndex((type) => type.name === left[0]) - selectors.findIndex((type) => type.name === right[0]),
        ),
    );
  });

  test('gives amount and storePaymentMethod to payment and authorization sessions only', () => {
    const holders = ownTypes.filter(
      (type) => isObjectType(type) && 'storePaymentMethod' in type.getFields() && 'amount' in type.getFields(),
    );
    expect(holders.map((type) => type.name).sort()).toEqual(['AuthorizationSession', 'PaymentSession']);
  });
});
