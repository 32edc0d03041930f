import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

// Writes test/providers/stripe-request-schemas.json: what each call to Stripe may carry, from the parameter types of the installed
// library. Run it after the library was changed, and `npm run format` after it:
//   node --import ./scripts/typescript.mjs scripts/stripe-request-schemas.ts

/** The parameter type of each call that the adapter makes, in the file of its resource. */
const PARAMETERS = {
  'customers.create': 'CustomerCreateParams',
  'customers.update': 'CustomerUpdateParams',
  'payment_intents.create': 'PaymentIntentCreateParams',
  'payment_intents.retrieve': 'PaymentIntentRetrieveParams',
  'payment_intents.list': 'PaymentIntentListParams',
  'payment_intents.capture': 'PaymentIntentCaptureParams',
  'payment_intents.cancel': 'PaymentIntentCancelParams',
  'setup_intents.create': 'SetupIntentCreateParams',
  'setup_intents.retrieve': 'SetupIntentRetrieveParams',
  'setup_intents.list': 'SetupIntentListParams',
  'setup_intents.cancel': 'SetupIntentCancelParams',
  'refunds.create': 'RefundCreateParams',
  'refunds.retrieve': 'RefundRetrieveParams',
  'refunds.list': 'RefundListParams',
  'charges.list': 'ChargeListParams',
  'payment_methods.retrieve': 'PaymentMethodRetrieveParams',
  'payment_methods.detach': 'PaymentMethodDetachParams',
  'disputes.retrieve': 'DisputeRetrieveParams',
  'disputes.list': 'DisputeListParams',
} as const;

const RESOURCES = ['Charges', 'Customers', 'Disputes', 'PaymentIntents', 'PaymentMethods', 'Refunds', 'SetupIntents'];

const root = fileURLToPath(new URL('..', import.meta.url));
const generator = createGenerator({
  path: `${root}node_modules/stripe/esm/resources/{${RESOURCES.join(',')}}.d.ts`,
  tsconfig: `${root}tsconfig.json`,
  // The library's own sources are checked by its makers; descriptions would be nine tenths of the file.
  skipTypeCheck: true,
  jsDoc: 'none',
  expose: 'none',
  topRef: false,
  additionalProperties: false,
});

const schemas = Object.entries(PARAMETERS).map(([call, type]): [string, unknown] => {
  const { $schema: _$schema, definitions = {}, ...schema } = generator.createSchema(type);
  // With `expose: 'none'` every type stands where it is used, so there is nothing to refer to.
  if (Object.keys(definitions).length > 0) throw new Error(`The schema of ${type} refers to definitions.`);
  return [call, closeEnums(schema)];
});

/**
 * The library's enums are open, "one of these words or any other text", which would let a misspelt word through. Here they hold
 * the words that the library knows.
 */
function closeEnums(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeEnums);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { anyOf, ...rest } = schema as Schema;
  const closed = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, closeEnums(value)]));
  if (anyOf === undefined) return closed;
  const hasEnum = anyOf.some((option) => typeof option === 'object' && (option.enum ?? option.const) !== undefined);
  const options = anyOf.filter((option) => !hasEnum || JSON.stringify(option) !== '{"type":"string"}').map(closeEnums);
  return options.length === 1 ? options[0] : { ...closed, anyOf: options };
}

const text = JSON.stringify(Object.fromEntries(schemas));
writeFileSync(new URL('../test/providers/stripe-request-schemas.json', import.meta.url), `${text}\n`);
