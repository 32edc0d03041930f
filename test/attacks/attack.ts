/** One request that tries to cost more than it may. */
export interface Attack {
  readonly name: string;
  /** What it would cost without a limit, and why. */
  readonly reason: string;
  readonly request: Sent;
  /** The codes of refusal that are right; `null` stands for an answer without errors, which must be as cheap. */
  readonly codes: readonly (string | null)[];
}

/** A request as it leaves: its head may be anything that Node.js lets through, or the bytes are given whole. */
export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of all that: what is written to the socket, part by part. */
  readonly parts?: readonly (string | Uint8Array)[];
}

/** What is known of the gateway under attack. */
export interface Facts {
  readonly url: string;
  readonly sessionId: string;
  readonly token: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly publicId: string;
  readonly webhookPath: string;
  /** Webhook addresses of accounts at providers that sign in another way. */
  readonly stripeWebhookPath: string;
  readonly nuveiWebhookPath: string;
}

export type Viewer = 'nobody' | 'payer' | 'publishable' | 'secret';

/** One of the two endpoints, with the names that attacks need. */
export interface Dialect {
  readonly path: string;
  /** A root field that lists sessions in pages, and the type of its nodes. */
  readonly list: string;
  readonly node: string;
  /** The list without a page size in a session, and the way back from one of its items. */
  readonly inner: string;
  readonly back: string;
  /** What reads one session with the list in it: by a payer's token, or by no credential at all. */
  readonly session: (facts: Facts, selected: string) => string;
  /** Declares and uses a variable of a rich input type. */
  readonly start: string;
  /** The same 30 times over. */
  readonly starts: string;
  /** Declares and uses a variable that is a list. */
  readonly choices: string;
  credential(viewer: Viewer, facts: Facts): Readonly<Record<string, string>>;
}

export const OWN: Dialect = {
  path: '/graphql',
  list: 'clientSessions',
  node: 'ClientSession',
  inner: 'transactions',
  back: 'session',
  session: ({ token }, selected) => `clientSession(by: { token: "${token}" }) { ${selected} }`,
  start: `mutation Start($data: StartPaymentSessionInput!) {
    startPaymentSession(provider: { transactionProvider: EXAMPLE }, data: $data) { id } }`,
  starts: `mutation Starts($data: StartPaymentSessionInput!) {
    ${times(30, (n) => `a${n}: startPaymentSession(provider: { transactionProvider: EXAMPLE }, data: $data) { id }`)} }`,
  choices: 'query List($data: [SessionStatus!]) { clientSessions(filter: { statuses: $data }) { totalCount } }',
  credential(viewer, { token, publishableKey, secretKey }) {
    const credentials = { nobody: null, payer: token, publishable: publishableKey, secret: secretKey };
    return credentials[viewer] === null ? {} : { authorization: `Bearer ${credentials[viewer]}` };
  },
};

export const ACCRUPAY: Dialect = {
  path: '/accrupay/graphql',
  list: 'merchantApiClientTransactionSessions',
  node: 'MerchantClientTransactionSession',
  inner: 'transactions',
  back: 'clientTransactionSession',
  session: ({ publicId, sessionId }, selected) =>
    `clientPublicTransactionSession(merchantPublicId: "${publicId}", transactionSessionId: "${sessionId}") { transactionSession { ${selected} } }`,
  start: `mutation Start($data: MerchantApiClientTransactionPaymentSessionStartSchema!) {
    merchantApiClientTransactionPaymentSessionStartV2(transactionProvider: EXAMPLE, data: $data) { id } }`,
  starts: `mutation Starts($data: MerchantApiClientTransactionPaymentSessionStartSchema!) {
    ${times(30, (n) => `a${n}: merchantApiClientTransactionPaymentSessionStartV2(transactionProvider: EXAMPLE, data: $data) { id }`)} }`,
  choices: 'query List($data: [TRANSACTION_STATUS!]) { merchantApiTransactions(statuses: $data) { totalCount } }',
  credential: (viewer, { secretKey }): Readonly<Record<string, string>> =>
    viewer === 'secret' ? { 'accrupay-api-secret': secretKey } : {},
};

export function times(count: number, part: (index: number) => string, between = ' '): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(between);
}

/** A request with a body as every client sends it. */
export function posted(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Sent {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body: text };
}
