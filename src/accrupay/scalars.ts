import { GraphQLScalarType, GraphQLString } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { BigIntScalar, DateTimeScalar } from '../endpoint/scalars.ts';
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
