import { GraphQLString } from 'graphql';
import { DateTimeScalar } from '../endpoint/scalars.ts';
import './base-config.ts';
import './contexts.ts';
import './customer.ts';
import './merchant.ts';
import './payment-method.ts';
import './public.ts';
import './session-start.ts';
import './session.ts';
import './stored-method-mutations.ts';
import './transaction.ts';
import { GraphQLScalarType, lexicographicSortSchema, printSchema } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { BigIntScalar } from '../endpoint/scalars.ts';
import { builder } from './builder.ts';

builder.addScalarType('BigInt', BigIntScalar);
builder.addScalarType('DateTimeISO', new GraphQLScalarType({ ...DateTimeScalar.toConfig(), name: 'DateTimeISO' }));
builder.addScalarType('JSON', GraphQLJSON);
builder.addScalarType(
  'ConnectionCursor',
  new GraphQLScalarType({
    ...GraphQLString.toConfig(),
    name: 'ConnectionCursor',
    description: 'A place in a list. Its text has no meaning.',
  }),
);

/** The schema that the official SDKs' documents fit. Every file above adds its part when it is loaded. */
export const schema = builder.toSchema();

/** The text of schema.graphql beside this file: sorted, so that a diff shows what changed and nothing else. */
export function printAccrupaySchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
