import { COUNTRY_CODES, COUNTRY_NAMES } from '../kernel/country.ts';
import { CURRENCY_CODES, currencyExponent } from '../kernel/currency.ts';
import { DESCRIPTORS, PROVIDER_NAMES, type ProviderName } from '../providers/descriptors.ts';
import type { DeclineAdvice, DeclineReason, Environment, Hold, SessionKind } from '../providers/provider.ts';
import type { DeviceType, SessionAction, SessionCall, SessionStatus } from '../sessions/session.ts';
import type { TransactionAction, TransactionCall, TransactionStatus } from '../transactions/transaction.ts';
import { builder } from './builder.ts';

type Described<Name extends string> = { [Key in Name]: { description: string } };

/** Enum values from a table that has one sentence for each; TypeScript refuses a table that lacks one. */
export function defineEnum<Name extends string>(name: string, description: string, sentences: Readonly<Record<Name, string>>) {
  const values = Object.fromEntries(
    Object.entries<string>(sentences).map(([value, sentence]) => [value, { description: sentence }]),
  ) as Described<Name>;
  return builder.enumType(name, { description, values });
}

export const CurrencyEnum = defineEnum<string>(
  'Currency',
  'A currency by its ISO 4217 code. Amounts count its smallest unit.',
  Object.fromEntries(CURRENCY_CODES.map((code) => [code, describeCurrency(code)])),
);

function describeCurrency(code: string): string {
  const decimals = currencyExponent(code) ?? 0;
  if (decimals === 0) return `Amounts in ${code} are whole units.`;
  return `Amounts in ${code} count its smallest unit, of which ${10 ** decimals} make one.`;
}

export const CountryEnum = defineEnum<string>(
  'CountryIso2',
  'A country or territory by its ISO 3166-1 alpha-2 code, or by a code that is in use besides, such as XK for Kosovo.',
  Object.fromEntries(COUNTRY_CODES.map((code) => [code, `This code stands for ${COUNTRY_NAMES.get(code)}.`])),
);

export const ProviderEnum = defineEnum<ProviderName>(
  'TransactionProvider',
  'A payment provider that the gateway can talk to.',
  Object.fromEntries(PROVIDER_NAMES.map((name) => [name, DESCRIPTORS[name].description])) as Record<ProviderName, string>,
);

export const EnvironmentEnum = defineEnum<Environment>('Environment', 'The side of the wall between trial and real money.', {
  TEST: 'No real money moves.',
  LIVE: 'Real money moves.',
});

export const SessionKindEnum = defineEnum<SessionKind>('SessionKind', 'What a session is for.', {
  PAYMENT: 'The payer pays at once.',
  ADD_PAYMENT_METHOD: 'The payer stores a payment method and pays nothing.',
  AUTHORIZATION: 'The payer’s money is held, to be settled or voided later.',
});

export const SessionStatusEnum = defineEnum<SessionStatus>('SessionStatus', 'How far a session has come.', {
  PENDING: 'The session was created and nobody has opened it yet.',
  ACTIVE: 'The payer opened the session or tried to complete it.',
  COMPLETED: 'The session succeeded, and this is final.',
  DECLINED: 'The session ended after its last allowed attempt was declined.',
  CANCELED: 'The session was canceled before it succeeded.',
  EXPIRED: 'The session ran out of time before it succeeded.',
  ERROR: 'The session ended because something is wrong with it, as `providerError` or its events tell.',
  UNKNOWN: 'The provider’s answer was lost, and the gateway keeps asking until it knows.',
});

export const SessionActionEnum = defineEnum<SessionAction>('SessionAction', 'What is expected to happen next in a session.', {
  COLLECT_PAYMENT_METHOD: 'The payer is expected to enter a payment method.',
  AUTHENTICATE: 'The payer is expected to authenticate at `challengeUrl`.',
  WAIT: 'Nobody has to act, because the provider or the gateway is at work.',
  SETTLE_OR_VOID: 'The merchant is expected to settle or void the held money.',
  NONE: 'Nothing more is expected.',
});

export const SessionCallEnum = defineEnum<SessionCall>('ClientSessionCall', 'What can be asked of a session.', {
  VERIFY: 'The verify mutation of its kind asks the provider how the payer fared.',
  CANCEL: '`cancelClientSession` ends it before it is paid.',
});

export const TransactionCallEnum = defineEnum<TransactionCall>('TransactionCall', 'What can be asked of a transaction.', {
  SETTLE: '`settleAuthorization` takes held money.',
  VOID: '`voidTransaction` lets held money go, or undoes a payment that is not yet paid out.',
  REFUND: '`refundTransaction` gives taken money back.',
  SYNC: '`syncTransaction` asks the provider what became of it.',
});

export const TransactionActionEnum = defineEnum<TransactionAction>(
  'TransactionAction',
  'What kind of movement a transaction is.',
  {
    PAYMENT: 'Money was taken at once, in a session or from a stored payment method.',
    ADD_PAYMENT_METHOD: 'A payment method was stored and no money moved.',
    AUTHORIZATION: 'Money was held.',
    SETTLE: 'Held money was taken.',
    VOID: 'Held or not yet paid out money was released.',
    REFUND: 'Money that had been taken was given back.',
    CHARGEBACK: 'The payer disputed the payment at their bank, which decides who keeps the money.',
  },
);

export const TransactionStatusEnum = defineEnum<TransactionStatus>('TransactionStatus', 'How far a transaction has come.', {
  PENDING: 'The transaction is in progress at the provider or waits for the payer.',
  STARTED: 'The payment method was collected and not yet submitted.',
  SUCCEEDED: 'The transaction succeeded.',
  FAILED: 'The provider failed to carry the transaction out, and no money moved.',
  DECLINED: 'The payer’s bank or the provider’s risk rules said no.',
  CANCELED: 'The transaction was canceled before it succeeded.',
  EXPIRED: 'The transaction ran out of time before it succeeded.',
  ERROR: 'The provider refused the call itself, and no money moved.',
  UNKNOWN: 'The provider’s answer was lost, and the gateway keeps asking; the amount stays claimed meanwhile.',
});

export const HoldEnum = defineEnum<Hold>('Hold', 'What became of the money that an authorization holds.', {
  HELD: 'The money is held and can be settled or voided.',
  SETTLED: 'The money was taken, and what was not taken is released.',
  VOIDED: 'The money was released by a void.',
  EXPIRED: 'The money was released because nobody settled it in time.',
});

export const DeclineReasonEnum = defineEnum<DeclineReason>(
  'DeclineReason',
  'Why a transaction was declined, in words that all providers share.',
  {
    INSUFFICIENT_FUNDS: 'The account does not hold enough money.',
    EXPIRED_CARD: 'The card has expired.',
    INCORRECT_DATA: 'The number, expiry date, security code or address is not right.',
    LOST_OR_STOLEN: 'The card was reported lost or stolen, which a payer must never be told.',
    FRAUD_SUSPECTED: 'Somebody suspects fraud, which a payer must never be told.',
    AUTHENTICATION_REQUIRED: 'The bank wants the payer to authenticate first.',
    AUTHENTICATION_FAILED: 'The payer did not pass the authentication.',
    LIMIT_EXCEEDED: 'A limit on amount or number of uses was reached.',
    DO_NOT_RETRY: 'The bank says that this card must not be tried again.',
    NOT_SUPPORTED: 'The card does not support this kind of purchase or currency.',
    TEMPORARY: 'The bank could not decide just now.',
    GENERIC: 'The bank gave no reason.',
  },
);

export const DeclineAdviceEnum = defineEnum<DeclineAdvice>(
  'DeclineAdvice',
  'Whether and when the same payment method may be tried again.',
  {
    NEVER: 'The same payment method will not work again.',
    LATER: 'The same payment method may work after a while.',
    AFTER_CORRECTION: 'The same payment method may work once the data is corrected.',
    CUSTOMER_PRESENT: 'The same payment method may work when the payer takes part.',
  },
);

export const DeviceTypeEnum = defineEnum<DeviceType>('DeviceType', 'The kind of device that a payer uses.', {
  DESKTOP: 'The payer sits at a desktop or laptop computer.',
  SMARTPHONE: 'The payer uses a smartphone.',
  TABLET: 'The payer uses a tablet.',
  TV: 'The payer uses a television set.',
  UNKNOWN: 'The merchant could not tell the kind of device.',
});

export const PaymentMethodStatusEnum = defineEnum<'ENABLED' | 'DISABLED' | 'EXPIRED'>(
  'PaymentMethodStatus',
  'Whether a stored payment method can be charged.',
  {
    ENABLED: 'The payment method can be charged.',
    DISABLED: 'The payment method was detached and cannot be charged any more.',
    EXPIRED: 'The card behind the payment method has expired.',
  },
);

export const SortOrderEnum = defineEnum<'ASC' | 'DESC'>('SortOrder', 'The direction of a sorted list.', {
  ASC: 'The smallest or oldest comes first.',
  DESC: 'The largest or newest comes first.',
});
