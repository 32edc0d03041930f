import { COUNTRY_CODES } from '../kernel/country.ts';
import { CURRENCY_CODES } from '../kernel/currency.ts';
import { PROVIDER_NAMES } from '../providers/descriptors.ts';
import { DEVICE_TYPES, SESSION_STATUSES } from '../sessions/session.ts';
import { TRANSACTION_STATUSES } from '../transactions/transaction.ts';
import { builder } from './builder.ts';

// What goes out may hold more than an SDK knows: none of them checks the values that it receives.

/** Makes an enum under the contract's name from a list of its values. */
const enumOf = <Value extends string>(name: string, values: readonly Value[]) => builder.enumType(name, { values });

export const ProviderEnum = enumOf('TRANSACTION_PROVIDER', PROVIDER_NAMES);
export const CurrencyEnum = enumOf<string>('CURRENCY', CURRENCY_CODES);
export const CountryEnum = enumOf<string>('COUNTRY_ISO_2', COUNTRY_CODES);
export const SortOrderEnum = enumOf('SORT_ORDER', ['ASC', 'DESC']);
export const DeviceTypeEnum = enumOf('DEVICE_TYPE', DEVICE_TYPES);

/** `UNAVAILABLE` is what 0.15.1 may ask for; no session is in it. */
export const SessionStatusEnum = enumOf('CLIENT_TRANSACTION_SESSION_STATUS', [...SESSION_STATUSES, 'UNAVAILABLE']);
export const SessionOriginEnum = enumOf('CLIENT_TRANSACTION_SESSION_KIND', ['CLIENT', 'SERVER']);
export const TransactionStatusEnum = enumOf('TRANSACTION_STATUS', TRANSACTION_STATUSES);

const ACTIONS = [
  'PAYMENT',
  'ADD_PAYMENT_METHOD',
  'AUTHORIZATION',
  'SETTLE',
  'VOID',
  'REFUND',
  'CREDIT',
  'CHARGEBACK',
  'MODIFICATION',
  'AUTHENTICATION',
  'PAYOUT',
  'UNKNOWN',
] as const;
export const ActionEnum = enumOf('TRANSACTION_ACTION', ACTIONS);

export const MethodTypeEnum = enumOf('PAYMENT_METHOD', ['CARD', 'ACH', 'OTHER']);
export const MethodStatusEnum = enumOf('PAYMENT_METHOD_STATUS', ['ENABLED', 'DISABLED', 'EXPIRED']);
export const SecCodeEnum = enumOf('TRANSACTION_ACH_SECCODE', ['CCD', 'TEL', 'WEB', 'UNKNOWN']);
export const CustomerStatusEnum = enumOf('CUSTOMER_STATUS', ['ENABLED', 'DISABLED', 'ERROR', 'UNKNOWN']);
export const ResolutionStrategyEnum = enumOf('CUSTOMER_RESOLUTION_STRATEGY', [
  'AUTO',
  'STRICT',
  'MATCH_OR_CREATE',
  'MATCH_OR_FAIL',
]);
export const MerchantStatusEnum = enumOf('MERCHANT_STATUS', ['ACTIVE', 'DISABLED', 'PENDING']);
export const EntityTypeEnum = enumOf('MERCHANT_ENTITY_TYPE', ['COMPANY', 'INDIVIDUAL']);
export const LegalIdentifierTypeEnum = enumOf('LEGAL_IDENTIFIER_TYPE', ['EIN', 'ITIN', 'SSN']);
export const AccountStatusEnum = enumOf('MERCHANT_TRANSACTION_PROVIDER_STATUS', ['ENABLED', 'DISABLED']);
