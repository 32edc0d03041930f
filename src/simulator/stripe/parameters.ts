import { z } from 'zod';
import { currencyExponent } from '../../kernel/currency.ts';
import { ok, type Result, refused } from '../../kernel/result.ts';
import { fail, invalid, type StripeReply } from './errors.ts';

/** Stripe's form encoding: `metadata[session_id]=x`, `types[0]=card` or `types[]=card`. Decoded to objects, arrays and strings. */

type FormValue = string | readonly FormValue[] | FormObject;
export interface FormObject {
  readonly [name: string]: FormValue;
}

const FIELDS_MAX = 500;
const DEPTH_MAX = 8;

type Node = Map<string, Node | string>;

/** Null when the text is not such a form: two values in one place, or more than is sensible. */
export function decodeForm(pairs: URLSearchParams): FormObject | null {
  if (pairs.size > FIELDS_MAX) return null;
  const root: Node = new Map();
  for (const [name, value] of pairs) {
    const path = readPath(name);
    if (path === null || !place(root, path, value)) return null;
  }
  return Object.fromEntries([...root].map(([name, node]) => [name, toValue(node)]));
}

function readPath(name: string): readonly string[] | null {
  const [, head, rest] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  if (head === undefined) return null;
  const path = [head, ...[...(rest ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, part]) => part ?? '')];
  return path.length <= DEPTH_MAX && !path.includes('__proto__') ? path : null;
}

/** False when something is there already. */
function place(root: Node, path: readonly string[], value: string): boolean {
  let node = root;
  for (const part of path.slice(0, -1)) {
    const name = part === '' ? String(node.size) : part;
    const next = node.get(name) ?? new Map<string, Node | string>();
    if (typeof next === 'string') return false;
    node.set(name, next);
    node = next;
  }
  const last = path.at(-1) ?? '';
  const name = last === '' ? String(node.size) : last;
  if (node.has(name)) return false;
  node.set(name, value);
  return true;
}

function toValue(node: Node | string): FormValue {
  if (typeof node === 'string') return node;
  const names = [...node.keys()];
  const isList = names.length > 0 && names.every((name) => /^\d{1,4}$/.test(name));
  if (isList) return [...node].sort(([left], [right]) => Number(left) - Number(right)).map(([, item]) => toValue(item));
  return Object.fromEntries([...node].map(([name, item]) => [name, toValue(item)]));
}

/**
 * What each call takes, after Stripe's API of 2026-10-28 (types of the npm package 23.1.0). A parameter that is not listed is
 * refused as unknown, so that a misspelt one shows. Some that Stripe has are left out because nothing here would act on them. Kinder
 * than Stripe: minimum amounts are not enforced, because they depend on the currency that an account settles in.
 */

const text = (max: number) => z.string().min(1, 'parameter_invalid_empty').max(max, 'parameter_invalid_string');
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'parameter_invalid_integer')
  .transform(Number);
const flag = z.enum(['true', 'false'], 'parameter_invalid_boolean').transform((value) => value === 'true');
const id = text(255);
/** Up to 50 keys of 40 characters, values of 500. An empty value removes its key; an empty whole removes all. */
const metadata = z
  .union([z.literal('').transform(() => ({})), z.record(z.string().min(1).max(40), z.string().max(500))])
  .refine((value) => Object.keys(value).length <= 50, 'parameter_invalid_object');
const expand = z.array(text(100)).max(20).default([]);
const address = z.strictObject({
  line1: text(500).optional(),
  line2: text(500).optional(),
  city: text(500).optional(),
  state: text(500).optional(),
  postal_code: text(50).optional(),
  country: z.string().length(2, 'parameter_invalid_string').optional(),
});
const shipping = z.strictObject({ name: text(500), phone: text(50).optional(), carrier: text(500).optional(), address });
const currency = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine((value) => currencyExponent(value.toUpperCase()) !== undefined, 'invalid_currency');
/** How large it may be depends on the currency: `amounts.ts`. */
const amount = wholeNumber.refine((value) => value >= 1, 'parameter_invalid_integer');

const page = {
  limit: wholeNumber.refine((value) => value >= 1 && value <= 100, 'parameter_invalid_integer').default(10),
  starting_after: id.optional(),
  ending_before: id.optional(),
  expand,
};
const created = z
  .strictObject({
    gt: wholeNumber.optional(),
    gte: wholeNumber.optional(),
    lt: wholeNumber.optional(),
    lte: wholeNumber.optional(),
  })
  .optional();
const person = {
  email: text(512).optional(),
  name: text(256).optional(),
  phone: text(20).optional(),
  description: text(350).optional(),
  address: address.optional(),
  shipping: shipping.optional(),
  metadata: metadata.optional(),
  expand,
};
/** Of both intents. Dynamic methods and a fixed list exclude each other. */
const methodRules = {
  allowed_payment_method_types: z.array(text(50)).min(1).max(50).optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
  payment_method_options: z
    .strictObject({
      card: z.strictObject({ request_three_d_secure: z.enum(['any', 'automatic', 'challenge']).optional() }).optional(),
    })
    .optional(),
};
const browserCard = z.strictObject({
  type: z.literal('card'),
  card: z.strictObject({ number: text(64), exp_month: wholeNumber, exp_year: wholeNumber, cvc: z.string().max(16) }),
  billing_details: z.record(z.string(), z.unknown()).optional(),
  allow_redisplay: text(20).optional(),
});
const confirm = z.strictObject({
  client_secret: id.optional(),
  payment_method_data: browserCard.optional(),
  payment_method: id.optional(),
  return_url: text(2000).optional(),
  use_stripe_sdk: flag.optional(),
  key: id.optional(),
  expand,
});
const retrieve = z.strictObject({ client_secret: id.optional(), key: id.optional(), expand });

const PARAMETERS = {
  'payment_intents.create': z.strictObject({
    amount,
    currency,
    customer: id.optional(),
    capture_method: z.enum(['automatic', 'automatic_async', 'manual']).default('automatic_async'),
    confirm: flag.default(false),
    off_session: flag.optional(),
    payment_method: id.optional(),
    setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
    description: text(1000).optional(),
    receipt_email: text(512).optional(),
    return_url: text(2000).optional(),
    shipping: shipping.optional(),
    statement_descriptor: text(22).optional(),
    statement_descriptor_suffix: text(22).optional(),
    metadata: metadata.default({}),
    error_on_requires_action: flag.optional(),
    ...methodRules,
    expand,
  }),
  'payment_intents.retrieve': retrieve,
  'payment_intents.list': z.strictObject({ customer: id.optional(), created, ...page }),
  'payment_intents.confirm': confirm,
  'payment_intents.capture': z.strictObject({
    amount_to_capture: amount.optional(),
    final_capture: flag.optional(),
    metadata: metadata.optional(),
    statement_descriptor: text(22).optional(),
    statement_descriptor_suffix: text(22).optional(),
    expand,
  }),
  'payment_intents.cancel': z.strictObject({
    cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    expand,
  }),
  'setup_intents.create': z.strictObject({
    customer: id.optional(),
    usage: z.enum(['off_session', 'on_session']).default('off_session'),
    description: text(1000).optional(),
    metadata: metadata.default({}),
    ...methodRules,
    expand,
  }),
  'setup_intents.retrieve': retrieve,
  'setup_intents.list': z.strictObject({ customer: id.optional(), payment_method: id.optional(), created, ...page }),
  'setup_intents.confirm': confirm,
  'setup_intents.cancel': z.strictObject({
    cancellation_reason: z.enum(['abandoned', 'duplicate', 'requested_by_customer']).optional(),
    expand,
  }),
  'customers.create': z.strictObject(person),
  'customers.update': z.strictObject(person),
  'customers.retrieve': z.strictObject({ expand }),
  'refunds.create': z.strictObject({
    payment_intent: id.optional(),
    charge: id.optional(),
    amount: amount.optional(),
    reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    metadata: metadata.default({}),
    expand,
  }),
  'refunds.retrieve': z.strictObject({ expand }),
  'refunds.list': z.strictObject({ payment_intent: id.optional(), charge: id.optional(), created, ...page }),
  'charges.retrieve': z.strictObject({ expand }),
  'charges.list': z.strictObject({ payment_intent: id.optional(), customer: id.optional(), created, ...page }),
  'payment_methods.retrieve': z.strictObject({ expand }),
  'payment_methods.detach': z.strictObject({ expand }),
  'disputes.retrieve': z.strictObject({ expand }),
  'disputes.list': z.strictObject({ payment_intent: id.optional(), charge: id.optional(), created, ...page }),
  'balance.retrieve': z.strictObject({ expand }),
  'account.retrieve': z.strictObject({ expand }),
} as const;

export type CallName = keyof typeof PARAMETERS;
export type Parameters<Name extends CallName> = z.output<(typeof PARAMETERS)[Name]>;

/** Reads a call's parameters, or says what is wrong with the first that is. */
export function readParameters(call: CallName, form: FormObject): Result<unknown, StripeReply> {
  if ('payment_method_types' in form)
    return refused(
      invalid(
        'payment_method_types is no longer supported. Use allowed_payment_method_types or dynamic payment methods.',
        'payment_method_types',
        'payment_method_types_no_longer_supported',
      ),
    );
  const parsed = PARAMETERS[call].safeParse(form);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return refused(issue === undefined ? invalid('The parameters cannot be read.') : toReply(issue, form));
}

function toReply(issue: z.core.$ZodIssue, form: FormObject): StripeReply {
  if (issue.code === 'unrecognized_keys') {
    const param = toName([...issue.path, issue.keys[0] ?? '']);
    return invalid(`Received unknown parameter: ${param}`, param, 'parameter_unknown');
  }
  const param = toName(issue.path);
  if (valueAt(form, issue.path) === undefined) return invalid(`Missing required param: ${param}.`, param, 'parameter_missing');
  // Our schemas name the code as the message where Stripe has one.
  const code = /^(parameter_\w+|amount_too_large)$/.test(issue.message) ? { code: issue.message } : {};
  return fail(400, { type: 'invalid_request_error', message: `Invalid ${param}.`, param, ...code });
}

function toName(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (index === 0 ? String(part) : `[${String(part)}]`)).join('');
}

function valueAt(form: FormObject, path: readonly PropertyKey[]): FormValue | undefined {
  return path.reduce<FormValue | undefined>((value, part) => {
    if (value === undefined || typeof value === 'string') return undefined;
    return (value as FormObject)[String(part)];
  }, form);
}
