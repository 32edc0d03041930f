import { newId } from '../../src/kernel/ids.ts';
import { BUCKETS_FROM_SECONDS, type OverviewRange } from '../../src/overview/overview.ts';
import type { ProviderName } from '../../src/providers/provider.ts';
import { isOpen, type SessionStatus } from '../../src/sessions/session.ts';
import type { Data, Gateway, TestMerchant } from '../support/gateway.ts';

/** Whose sessions are written, and on which gateway. */
export interface Place {
  readonly gateway: Pick<Gateway, 'database'>;
  readonly merchant: Pick<TestMerchant, 'scope' | 'accountId'>;
}

/** What the overview counts of a session. */
export interface Started {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly status: SessionStatus;
  readonly currency: string;
  readonly provider: ProviderName;
  readonly amount: bigint;
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
  readonly phase: string;
}

export function startedAt(createdAt: Date, rest: Partial<Started> = {}): Started {
  return {
    id: newId(createdAt),
    createdAt,
    updatedAt: createdAt,
    status: 'PENDING',
    currency: 'USD',
    provider: 'EXAMPLE',
    amount: 100n,
    endedAt: null,
    expiresAt: new Date(createdAt.getTime() + 1_800_000),
    phase: 'awaiting',
    ...rest,
  };
}

/** Straight into the table: the gateway's own clock could not start sessions in many hours, nor with what only some providers do. */
export async function insertStarted({ gateway, merchant }: Place, sessions: readonly Started[]): Promise<void> {
  const { merchantId, environment } = merchant.scope;
  const rows = JSON.stringify(sessions.map((session) => ({ ...session, amount: session.amount.toString() })));
  await gateway.database.client.$executeRaw`
    INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency, store_payment_method, code,
      token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, version, created_at, updated_at, ended_at)
    SELECT (r->>'id')::uuid, ${merchantId}::uuid, ${environment}, ${merchant.accountId}::uuid, r->>'provider', 'PAYMENT', r->>'status', r->>'phase',
      (r->>'amount')::bigint, r->>'currency', false, r->>'id', r->>'id', '\\x00', (r->>'expiresAt')::timestamptz, (r->>'expiresAt')::timestamptz, 5, 0, 1,
      (r->>'createdAt')::timestamptz, (r->>'updatedAt')::timestamptz, (r->>'endedAt')::timestamptz
    FROM jsonb_array_elements(${rows}::jsonb) AS r`;
}

/** As news of a session changes its row. */
export async function changeStatus(
  { gateway, merchant }: Place,
  session: Pick<Started, 'id' | 'status' | 'endedAt' | 'updatedAt'>,
) {
  const { id, status, endedAt, updatedAt } = session;
  await gateway.database.client.$executeRaw`
    UPDATE sessions SET status = ${status}, ended_at = ${endedAt}::timestamptz, updated_at = ${updatedAt}::timestamptz
    WHERE id = ${id}::uuid AND merchant_id = ${merchant.scope.merchantId}::uuid`;
}

export async function readStarted({ gateway, merchant }: Place): Promise<readonly Started[]> {
  return gateway.database.client.$queryRaw<Started[]>`
    SELECT id, created_at AS "createdAt", updated_at AS "updatedAt", status, currency, provider, amount, ended_at AS "endedAt",
      expires_at AS "expiresAt", phase FROM sessions WHERE merchant_id = ${merchant.scope.merchantId}::uuid AND environment = ${merchant.scope.environment}`;
}

export const OVERVIEW = `query Overview($range: OverviewRangeInput!) { overview(range: $range) {
  from before
  sessions { start currency status count amount }
  providers { transactionProvider started completed declined canceled expired failed open successRate }
  declines { reason count }
  timeToCompletion { count medianSeconds p90Seconds buckets { fromSeconds beforeSeconds count } }
  open { pending active unknown stuck }
} }`;

/** The same figures by going through the sessions one by one. */
export function countPlainly(
  sessions: readonly Started[],
  { from, before }: Pick<OverviewRange, 'from' | 'before'>,
  startOf: (session: Started) => string,
): Data {
  const meant = sessions.filter(({ createdAt }) => createdAt >= from && createdAt < before);
  const figures = new Map<string, { start: string; currency: string; status: string; count: number; amount: bigint }>();
  for (const session of meant) {
    const { currency, status, amount } = session;
    const start = startOf(session);
    const figure = figures.get(`${start} ${currency} ${status}`) ?? { start, currency, status, count: 0, amount: 0n };
    figures.set(`${start} ${currency} ${status}`, { ...figure, count: figure.count + 1, amount: figure.amount + amount });
  }
  const completed = meant.filter(({ status }) => status === 'COMPLETED').map(secondsOf);
  return {
    sessions: [...figures.keys()].sort().map((key) => ({ ...figures.get(key), amount: figures.get(key)?.amount.toString() })),
    providers: [...new Set(meant.map(({ provider }) => provider))].sort().map((provider) => {
      const count = (isMeant: (status: SessionStatus) => boolean) =>
        meant.filter((session) => session.provider === provider && isMeant(session.status)).length;
      const [done, ended] = [count((status) => status === 'COMPLETED'), count((status) => !isOpen(status))];
      return {
        transactionProvider: provider,
        started: count(() => true),
        completed: done,
        declined: count((status) => status === 'DECLINED'),
        canceled: count((status) => status === 'CANCELED'),
        expired: count((status) => status === 'EXPIRED'),
        failed: count((status) => status === 'ERROR'),
        open: count(isOpen),
        successRate: ended === 0 ? null : done / ended,
      };
    }),
    buckets: BUCKETS_FROM_SECONDS.map((fromSeconds, index) => {
      const beforeSeconds = BUCKETS_FROM_SECONDS[index + 1] ?? null;
      const isWithin = (seconds: number) => seconds >= fromSeconds && seconds < (beforeSeconds ?? Infinity);
      return { fromSeconds, beforeSeconds, count: completed.filter(isWithin).length };
    }),
  };
}

function secondsOf({ createdAt, endedAt }: Started): number {
  return Math.max(((endedAt ?? createdAt).getTime() - createdAt.getTime()) / 1_000, 0);
}
