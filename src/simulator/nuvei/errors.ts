/**
 * How Nuvei says no to a call: `status: ERROR` with a code, under HTTP 200. The codes are those of its error list (read 2026-11);
 * which code goes with which mistake is an assumption where no source tells.
 */
export const ERRORS = {
  checksum: [1001, 'Invalid checksum'],
  cardData: [1004, 'Missing or invalid CardData data.'],
  merchant: [1013, 'Invalid merchant id'],
  site: [1022, 'Invalid merchant site id'],
  /** Assumption: the list's word for most mistakes of form. */
  validation: [1019, 'Missing or invalid parameter'],
  expiry: [1029, 'Expired card'],
  cvv: [1062, 'Invalid CVV'],
  amount: [1040, 'Invalid amount'],
  currency: [1041, 'Invalid currency'],
  token: [1061, 'Invalid session token'],
  option: [1011, 'Invalid user payment option'],
  order: [1058, 'The order was paid already'],
  busy: [1057, 'A payment of the order is in progress'],
  expired: [1069, 'Session expired'],
  nothingPaid: [1140, 'No payment was made in this session'],
  /** Assumption on the words; the code was seen in test runs that others published. */
  unknownTransaction: [9146, 'No transaction was found'],
  /** Assumption on code and words: recorded by an integration's tests without the code. */
  duplicate: [0, 'Another transaction with this clientRequestId already exists.'],
  general: [1000, 'General error'],
  method: [1000, 'Unknown method'],
} as const satisfies Record<string, readonly [errCode: number, reason: string]>;

export type ErrorName = keyof typeof ERRORS;

export type NuveiBody = Readonly<Record<string, unknown>>;
/** The answer to a call; `reset`: the connection is cut; a number: a bare HTTP status. */
export type NuveiReply = NuveiBody | 'reset' | 500 | 429;

export interface NuveiFailure extends NuveiBody {
  readonly status: 'ERROR';
  readonly errCode: number;
  readonly reason: string;
}

/** @param detail says more than the reason alone */
export function fail(name: ErrorName, detail?: string): NuveiFailure {
  const [errCode, reason] = ERRORS[name];
  return { status: 'ERROR', errCode, reason: detail === undefined ? reason : `${reason}: ${detail}` };
}

export function succeed(body: NuveiBody): NuveiBody {
  return { status: 'SUCCESS', errCode: 0, reason: '', ...body };
}
