import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** Where each call goes: its method and its path, of which `*` is an id. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  'customers.create': 'POST /v1/customers',
  'customers.update': 'POST /v1/customers/*',
  'payment_intents.create': 'POST /v1/payment_intents',
  'payment_intents.retrieve': 'GET /v1/payment_intents/*',
  'payment_intents.list': 'GET /v1/payment_intents',
  'payment_intents.capture': 'POST /v1/payment_intents/*/capture',
  'payment_intents.cancel': 'POST /v1/payment_intents/*/cancel',
  'setup_intents.create': 'POST /v1/setup_intents',
  'setup_intents.retrieve': 'GET /v1/setup_intents/*',
  'setup_intents.list': 'GET /v1/setup_intents',
  'setup_intents.cancel': 'POST /v1/setup_intents/*/cancel',
  'refunds.create': 'POST /v1/refunds',
  'refunds.retrieve': 'GET /v1/refunds/*',
  'refunds.list': 'GET /v1/refunds',
  'charges.list': 'GET /v1/charges',
  'payment_methods.retrieve': 'GET /v1/payment_methods/*',
  'payment_methods.detach': 'POST /v1/payment_methods/*/detach',
  'disputes.retrieve': 'GET /v1/disputes/*',
  'disputes.list': 'GET /v1/disputes',
};

const schemas = JSON.parse(readFileSync(new URL('stripe-request-schemas.json', import.meta.url), 'utf8')) as Record<
  string,
  object
>;

// A form holds text only, so a number or a boolean is taken from the text that says it.
const ajv = new Ajv({ allErrors: true, coerceTypes: true, allowUnionTypes: true });
const validators = new Map<string, ValidateFunction>();

/**
 * Throws when a request to Stripe is not one that its library could have made: an unknown call, another method or path, a
 * parameter that the call does not have, one that is missing, or a value of the wrong type. Names the parameter.
 *
 * @param call the vendor's name of the operation, such as `payment_intents.create`
 * @param path without the query
 * @param form the decoded form or query: nested objects, arrays and strings; it is not changed
 */
export function checkStripeRequest(call: string, method: string, path: string, form: unknown): void {
  const endpoint = ENDPOINTS[call];
  if (endpoint === undefined) throw new Error(`${call} is not a call that the adapter makes.`);
  if (`${method} ${path.replace(ID, '*')}` !== endpoint) throw new Error(`${call} is ${endpoint}, not ${method} ${path}.`);
  const validate = validatorOf(call);
  if (validate(structuredClone(form))) return;
  const problems = (validate.errors ?? []).map(toProblem);
  throw new Error(`${call}: ${[...new Set(problems)].join('; ')}`);
}

const ID = /(?<=^\/v1\/\w+\/)[^/]+/;

function validatorOf(call: string): ValidateFunction {
  const known = validators.get(call);
  if (known !== undefined) return known;
  const schema = schemas[call];
  if (schema === undefined) throw new Error(`${call} has no schema: run scripts/stripe-request-schemas.ts.`);
  const validate = ajv.compile(schema);
  validators.set(call, validate);
  return validate;
}

function toProblem({ instancePath, message, params }: ErrorObject): string {
  const place = instancePath === '' ? 'the form' : instancePath.slice(1).replaceAll('/', '.');
  const name = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
  return `${place} ${message}${name}`;
}
