/**
 * Every place that holds personal data, and every other column that could. A test compares the two lists with the Prisma schema,
 * so that a new column of text, JSON or bytes needs a line here, and `store.ts` blanks what the first list names.
 */

/** Tables whose personal rows `store.ts` finds. */
export type PersonalTable =
  | 'customers'
  | 'provider_customers'
  | 'sessions'
  | 'transactions'
  | 'payment_methods'
  | 'operations'
  | 'bank_payments'
  | 'bank_keys';

export interface Place {
  readonly table: PersonalTable;
  readonly column: string;
  /**
   * `null`: the column is set to NULL. `row`: the row is deleted. `fields`: the value stays without the personal fields in it, which
   * `requests.ts` and `path` name.
   */
  readonly erasedBy: 'null' | 'row' | 'fields';
  /** Within JSON or a sealed value; the whole column without one. */
  readonly path?: string;
  readonly holds: string;
}

const column = (table: PersonalTable, name: string, holds: string): Place => ({ table, column: name, erasedBy: 'null', holds });

export const PERSONAL_PLACES: readonly Place[] = [
  column('customers', 'contact', 'name, mail, phone and address of the first session'),
  {
    table: 'provider_customers',
    column: 'provider_code',
    erasedBy: 'row',
    holds: 'what a provider calls the person, under which it keeps name and mail',
  },
  column('sessions', 'billing', 'name, mail, phone, address'),
  column('sessions', 'shipping', 'name, mail, phone, address'),
  column('sessions', 'user', 'name, mail, phone, address, birth date, legal identifier'),
  column('sessions', 'device', 'IP address and device'),
  column('sessions', 'description', 'a text of the merchant that may name the payer'),
  column('sessions', 'metadata', 'texts of the merchant that may name the payer'),
  column('sessions', 'return_url', 'an address of the merchant whose query may name the payer'),
  column('sessions', 'payload', 'sealed: what a vendor’s script sends with the card, billing data among it'),
  column('sessions', 'client_token', 'sealed: opens the payer’s data at the provider'),
  column('sessions', 'client_token_fingerprint', 'a keyed hash of the same'),
  column('sessions', 'challenge_url', 'sealed: leads to the payer’s bank'),
  {
    table: 'sessions',
    column: 'provider_state',
    erasedBy: 'fields',
    path: 'customerCode',
    holds: 'sealed: what the provider calls the person',
  },
  column('transactions', 'card', 'brand, last digits and expiry'),
  column('transactions', 'reason', 'a text of the merchant that may name the payer'),
  column('payment_methods', 'billing', 'name, mail, phone, address'),
  column('payment_methods', 'brand', 'the card'),
  column('payment_methods', 'last4', 'the card'),
  column('payment_methods', 'exp_month', 'the card'),
  column('payment_methods', 'exp_year', 'the card'),
  column('payment_methods', 'provider_customer_code', 'what the provider calls the person'),
  {
    table: 'operations',
    column: 'request',
    erasedBy: 'fields',
    path: 'REQUEST_RULES',
    holds:
      'sealed: billing, shipping, IP address, description, returnUrl, reason and what the provider calls the person, until the request is answered',
  },
  column('bank_payments', 'return_url', 'the test bank’s copy of the returnUrl'),
  {
    table: 'bank_keys',
    column: 'answer',
    erasedBy: 'fields',
    path: 'payment.returnUrl',
    holds: 'the test bank’s copy of the returnUrl in an answer that it repeats',
  },
];

const OWN = 'about the merchant and not about a payer';
const WORD = 'a word from a fixed list, such as a status, a kind or a currency';
const CODE = 'the merchant’s own code, which stays so that the records of money keep their owner';
const REFERENCE = 'a reference of the provider’s for money or an event';
const HASH = 'a keyed hash, which says nothing without the encryption key';
const REASON_CODE = 'the provider’s code for a decline or failure, never a text';
const BANK = 'the test bank’s own books: ids, amounts, and cards from its published list';
const SIMULATED =
  'what a simulated vendor keeps, as the real vendor would: test data, which the vendor’s account holds and not the gateway';

/** The same reason for each of the columns. */
function each(names: string, why: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, why]));
}

/** Columns of text, JSON or bytes that hold nothing personal, and why. */
export const IMPERSONAL_COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  merchants: each('public_id name return_origins', OWN),
  api_keys: { ...each('environment kind', WORD), fingerprint: HASH, ...each('hint label', OWN) },
  sign_ins: { environment: WORD, ...each('link_fingerprint token_fingerprint', HASH) },
  encryption_keys: each('key_id check_value', 'about the gateway’s key'),
  provider_accounts: {
    ...each('environment provider status', WORD),
    ...each('label base_url', OWN),
    credentials: 'sealed: the merchant’s own credentials',
    webhook_fingerprint: HASH,
  },
  customers: { environment: WORD, code: CODE },
  provider_customers: { environment: WORD },
  payment_methods: {
    ...each('environment provider status', WORD),
    provider_code: 'the provider’s reference of a card that it was told to forget; late news of the card is known by it',
    origin_code: REFERENCE,
  },
  merchant_codes: { ...each('environment provider owner_kind', WORD), code: CODE, input_fingerprint: HASH },
  sessions: {
    ...each('environment provider kind status phase dialect currency closing_as', WORD),
    code: CODE,
    token_fingerprint: HASH,
    token: 'sealed: random, and shows nothing that was erased',
    provider_code: REFERENCE,
    provider_error: REASON_CODE,
  },
  overview_marks: { environment: WORD },
  overview_sessions: each('environment currency status', WORD),
  overview_providers: each('environment provider status', WORD),
  overview_durations: { environment: WORD },
  transactions: {
    ...each('environment provider action status currency decline_reason decline_advice hold', WORD),
    ...each('code idempotency_key', CODE),
    provider_code: REFERENCE,
    ...each('decline_raw_code failure_code', REASON_CODE),
    input_fingerprint: HASH,
  },
  operations: {
    ...each('environment kind state', WORD),
    request_fingerprint: HASH,
    idempotency_key: 'our own id',
    last_failure: REASON_CODE,
    lease_owner: 'about the process',
  },
  events: {
    ...each('environment type source', WORD),
    data: 'ids, statuses, amounts and codes: names, addresses and cards are never written there',
  },
  log_epochs: { database: 'numbers that PostgreSQL has for it' },
  webhook_endpoints: {
    ...each('environment event_types ordering scheme disabled_reason', WORD),
    ...each('url description', OWN),
    secret: 'sealed: the key that signs for the merchant',
    previous_secret: 'sealed: the key before it',
  },
  endpoint_deliveries: each('environment event_type status', WORD),
  delivery_attempts: {
    ...each('environment failure', WORD),
    response: 'sealed: what the merchant’s own receiver wrote, deleted after 30 days',
  },
  webhook_deliveries: {
    ...each('environment verdict', WORD),
    ...each('event_id provider_codes dispute_codes', REFERENCE),
    type: 'the provider’s word for what happened',
  },
  webhook_rejections: each('environment reason', WORD),
  jobs: {
    kind: WORD,
    key: 'our own id, or one of the test bank',
    payload: 'the id of a webhook, or a notification of the test bank, which names ids and a type',
    last_error: 'the name of an error, never its text',
  },
  bank_payments: {
    ...each('id kind currency scenario', BANK),
    ...each('reference customer_reference operation_id', 'our own id'),
    client_token_hash: HASH,
  },
  bank_movements: each(
    'id payment_id kind status settled_status decline_code failure_code scenario brand last4 method_id challenge_id',
    BANK,
  ),
  bank_methods: { ...each('id scenario brand last4', BANK), customer_reference: 'our own id' },
  bank_keys: { ...each('key operation_id', 'our own id'), request_hash: 'a hash' },
  simulator_accounts: each('dialect credentials', SIMULATED),
  simulator_records: each('id kind bank_code reference data', SIMULATED),
  simulator_answers: each('key request_hash body', SIMULATED),
  simulator_deliveries: each('event_id type record_id payment_code body url', SIMULATED),
  simulator_settings: each('name value', SIMULATED),
};
