import type { JsonObject } from '../kernel/json.ts';
import type { Contact, EffectKind, EffectShapes, SessionReference } from '../providers/provider.ts';

type Request<Kind extends EffectKind> = Required<EffectShapes[Kind]['request']>;

/**
 * `kept`: references, amounts and terms. `erasedAs`: what stands in its place after an erasure. `unsent`: what is left of a value
 * whose personal part no provider is sent, so that the request to the provider stays the same.
 */
type Rule<Value> = 'kept' | { readonly erasedAs: Value } | { unsent(value: NonNullable<Value>): Value };
type Rules<Kind extends EffectKind> = { readonly [Field in keyof Request<Kind>]: Rule<Request<Kind>[Field]> };

const NOBODY: Contact = {
  firstName: '',
  lastName: '',
  email: '',
  phone: null,
  address: { line1: null, line2: null, city: null, state: null, postalCode: null, country: '' },
};
const NOTHING = { erasedAs: null } as const;

/** New requests are recorded without it. Those of earlier versions held it. */
const SESSION = { unsent: (session: SessionReference) => ({ ...session, state: eraseState(session.state) }) } as const;
const MOVE = { transactionId: 'kept', providerCode: 'kept', session: SESSION, money: 'kept' } as const;

/**
 * Names the payer at the provider (`providerCustomerCode`) and stays all the same until the call is answered. Without it NUVEI
 * cannot forget a card, and STRIPE cannot look up a charge whose answer was lost: a card or money would be left there unseen.
 */
const METHOD = 'kept';

/**
 * Every field of every request to a provider. The compiler asks for a line for each new one. A request is kept sealed until it
 * is answered; what an erasure takes out of it is listed here.
 */
export const REQUEST_RULES: { readonly [Kind in EffectKind]: Rules<Kind> } = {
  START: {
    sessionId: 'kept',
    kind: 'kept',
    merchantInternalTransactionCode: 'kept',
    money: 'kept',
    currency: 'kept',
    storePaymentMethod: 'kept',
    customerId: 'kept',
    providerCustomerCode: NOTHING,
    billing: { erasedAs: NOBODY },
    shipping: NOTHING,
    deviceIp: NOTHING,
    description: NOTHING,
    returnUrl: NOTHING,
    attemptsMax: 'kept',
    expiresAt: 'kept',
  },
  CANCEL: { sessionId: 'kept', kind: 'kept', providerCode: 'kept', state: { unsent: eraseState } },
  SETTLE: MOVE,
  VOID: { ...MOVE, isHold: 'kept' },
  REFUND: { ...MOVE, reason: NOTHING },
  CHARGE: {
    transactionId: 'kept',
    merchantInternalTransactionCode: 'kept',
    method: METHOD,
    money: 'kept',
    isHold: 'kept',
    customerId: 'kept',
    billing: NOTHING,
    description: NOTHING,
  },
  DETACH: { method: METHOD },
};

/**
 * The request without what is personal, and whether the provider would be sent another one than before: such a request is not
 * sent under its key again.
 */
export function eraseRequest(kind: EffectKind, request: object): { request: object; hasChanged: boolean } {
  const rules: Readonly<Record<string, Rule<unknown>>> = REQUEST_RULES[kind];
  let hasChanged = false;
  const erased = Object.entries(request).map(([field, value]) => {
    const rule = rules[field] ?? NOTHING;
    if (rule === 'kept' || value === null || value === undefined) return [field, value];
    if ('unsent' in rule) return [field, rule.unsent(value)];
    hasChanged = true;
    return [field, rule.erasedAs];
  });
  return { request: Object.fromEntries(erased) as object, hasChanged };
}

/** What adapters remember of a session is references. One of them names the payer at the provider. */
const STATE_FIELDS_ERASED: readonly string[] = ['customerCode'];

/**
 * The field is left out and not null: null says that the session has no customer at the provider, and an intent with one would
 * be taken for another session’s.
 */
export function eraseState(state: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(state).filter(([field]) => !STATE_FIELDS_ERASED.includes(field)));
}
