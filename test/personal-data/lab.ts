import { type Provider, ProviderFailure } from '../../src/providers/provider.ts';
import { NUVEI, openScenarioLab, STRIPE } from '../providers/scenario-lab.ts';
import {
  answerChallenge,
  confirm,
  type Data,
  type Gateway,
  type Kind,
  newCode,
  openGateway,
  start,
  type TestMerchant,
} from '../support/gateway.ts';

export const PROVIDERS = ['STRIPE', 'NUVEI', 'EXAMPLE'] as const;
type LabProvider = (typeof PROVIDERS)[number];

export const ERASURES = ['eraseCustomer', 'eraseClientSession'] as const;
export type Erasure = (typeof ERASURES)[number];

/** A session of a customer with a code, and what its payer’s browser still has after the gateway has forgotten it. */
export interface OpenedSession {
  readonly id: string;
  readonly kind: Kind;
  readonly customerCode: string;
  readonly token: string;
  readonly payload: Data;
}

/** What was taken and given back, at the bank or as the gateway recorded it. */
interface Books {
  readonly taken: bigint;
  readonly returned: bigint;
}

/** One provider of one merchant, to be erased at any moment of a session’s life. */
export interface ErasureLab extends Gateway {
  readonly merchant: TestMerchant;
  readonly accountId: string;
  open(kind: Kind, data?: Record<string, unknown>): Promise<OpenedSession>;
  pay(session: OpenedSession, card: string): Promise<void>;
  /** What the payer answers at their bank. */
  answer(session: OpenedSession, result: 'approve' | 'fail'): Promise<void>;
  erase(by: Erasure, session: OpenedSession): Promise<void>;
  read(session: OpenedSession): Promise<Data>;
  /** From now on every call to the provider fails in this way; null when it is back. */
  setAway(failure: 'UNAVAILABLE' | 'UNKNOWN_OUTCOME' | null): void;
  /** Runs once, before the next call of this kind leaves. */
  beforeNext(kind: string, run: () => Promise<void>): void;
  /** Lets four hours pass, in which everything that is due is done. */
  wait(): Promise<void>;
  bankBooks(): Promise<Books>;
  ownBooks(): Promise<Books>;
}

export async function openErasureLab(provider: LabProvider): Promise<ErasureLab> {
  const vendor = { STRIPE, NUVEI, EXAMPLE: null }[provider];
  const scenario = vendor === null ? null : await openScenarioLab(vendor);
  const gateway = scenario ?? (await openGateway());
  const merchant = scenario?.merchant ?? (await gateway.newMerchant());
  const accountId = scenario?.account.id ?? merchant.accountId;
  const gate = putGateBefore(gateway);
  const begin = scenario?.start ?? ((kind: Kind, data: Record<string, unknown>) => start(merchant, kind, data));
  const read = async ({ id }: { id: string }): Promise<Data> => (await merchant.data(READ, { by: { id } })).clientSession;
  return {
    ...gateway,
    ...gate,
    merchant,
    accountId,
    read,
    async open(kind, data = {}) {
      const customerCode = newCode('customer');
      const { id, token } = await begin(kind, { customer: { merchantInternalCustomerCode: customerCode }, ...data });
      return { id, kind, customerCode, token, payload: (await read({ id })).payload };
    },
    async pay({ token, payload }, card) {
      await (vendor === null ? confirm(gateway.app, token, card) : vendor.pay(payload, card));
    },
    async answer(session, result) {
      const { challengeUrl } = await read(session);
      await (scenario?.answerChallenge(challengeUrl, result) ?? answerChallenge(gateway.app, challengeUrl, result));
    },
    async erase(by, { id, customerCode }) {
      if (by === 'eraseCustomer') await merchant.data(ERASE_CUSTOMER, { by: { merchantInternalCustomerCode: customerCode } });
      else await merchant.data(ERASE_SESSION, { by: { id } });
    },
    async wait() {
      for (let hour = 0; hour < 4; hour += 1) await gateway.pass(60 * 60_000);
    },
    bankBooks: () => readBankBooks(gateway, accountId),
    ownBooks: () => readOwnBooks(gateway, accountId),
    close: () => (scenario ?? gateway).close(),
  };
}

const READ = `query R($by: ClientSessionSelector!) { clientSession(by: $by) {
  id status providerError isErased payload challengeUrl paymentMethod { id status }
  transactions { id action status hold amount paymentMethod { id status } } events { type isAlert } } }`;
const ERASE_CUSTOMER = 'mutation E($by: CustomerSelector!) { eraseCustomer(by: $by) { isErased } }';
const ERASE_SESSION = 'mutation E($by: ClientSessionSelector!) { eraseClientSession(by: $by) { isErased } }';

/** Stands between the gateway and its provider. */
function putGateBefore({ app }: Gateway): Pick<ErasureLab, 'setAway' | 'beforeNext'> {
  let failure: 'UNAVAILABLE' | 'UNKNOWN_OUTCOME' | null = null;
  let next: { kind: string; run: () => Promise<void> } | null = null;
  const pass = async (): Promise<void> => {
    if (failure !== null) throw new ProviderFailure(failure, 'The provider is away.');
  };
  const deps = app.deps as { provider: typeof app.deps.provider };
  const { provider: original } = deps;
  deps.provider = (name) => {
    const real: Provider = original(name);
    return {
      ...real,
      async send(kind, call, request) {
        const hook = next?.kind === kind ? next : null;
        if (hook !== null) next = null;
        await hook?.run();
        await pass();
        return real.send(kind, call, request);
      },
      findByOperation: (kind, call, request) => pass().then(() => real.findByOperation(kind, call, request)),
      fetchSession: (call, session) => pass().then(() => real.fetchSession(call, session)),
      fetchMovement: (call, movement) => pass().then(() => real.fetchMovement(call, movement)),
    };
  };
  return {
    setAway: (way) => void (failure = way),
    beforeNext: (kind, run) => void (next = { kind, run }),
  };
}

async function readBankBooks({ database, clock }: Gateway, accountId: string): Promise<Books> {
  const [row] = await database.client.$queryRaw<{ taken: string; returned: string }[]>`
    SELECT COALESCE(sum(amount) FILTER (WHERE kind = 'CAPTURE' OR kind = 'ATTEMPT' AND opened IN ('PAYMENT', 'CHARGE')), 0)::text AS taken,
      COALESCE(sum(amount) FILTER (WHERE kind = 'REFUND'), 0)::text AS returned
    FROM (SELECT m.kind, m.amount, p.kind AS opened,
        CASE WHEN m.settles_at <= ${clock.now()}::timestamptz THEN m.settled_status ELSE m.status END AS status
      FROM bank_movements m JOIN bank_payments p ON p.id = m.payment_id WHERE m.account_id = ${accountId}::uuid) AS moved
    WHERE status = 'succeeded'`;
  return { taken: BigInt(row?.taken ?? 0), returned: BigInt(row?.returned ?? 0) };
}

async function readOwnBooks({ database }: Gateway, accountId: string): Promise<Books> {
  const [row] = await database.client.$queryRaw<{ taken: string; returned: string }[]>`
    SELECT COALESCE(sum(amount) FILTER (WHERE action IN ('PAYMENT', 'SETTLE')), 0)::text AS taken,
      COALESCE(sum(amount) FILTER (WHERE action = 'REFUND'), 0)::text AS returned
    FROM transactions WHERE provider_account_id = ${accountId}::uuid AND status = 'SUCCEEDED'`;
  return { taken: BigInt(row?.taken ?? 0), returned: BigInt(row?.returned ?? 0) };
}
