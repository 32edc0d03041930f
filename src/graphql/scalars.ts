import { GraphQLJSON, GraphQLJSONObject } from 'graphql-scalars';
import { BigIntScalar, DateTimeScalar } from '../endpoint/scalars.ts';
import { builder } from './builder.ts';

builder.addScalarType('BigInt', BigIntScalar);
builder.addScalarType('DateTime', DateTimeScalar);
builder.addScalarType('JSON', GraphQLJSON);
builder.addScalarType('JSONObject', GraphQLJSONObject);
