import type { Tx } from '../database/database.ts';
import { inScope } from '../database/filter.ts';
import { columnsOf } from '../database/page.ts';
import { Prisma, type Session as SessionRow } from '../generated/prisma/client.ts';
import { addMs } from '../kernel/clock.ts';
import { isId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import type { Contact, Environment, ProviderName, SessionKind, SessionReference } from '../providers/provider.ts';
import type { ClosingStatus, Device, Payer, Session, SessionPersonalData, SessionSecrets, SessionStatus } from './session.ts';

/** What is read of a session wherever neither its secrets nor personal data are wanted. */
const FIELDS = {
  id: true,
  merchantId: true,
  environment: true,
  providerAccountId: true,
  provider: true,
  kind: true,
  status: true,
  phase: true,
  amount: true,
  currency: true,
  storePaymentMethod: true,
  code: true,
  customerId: true,
  paymentMethodId: true,
  tokenExpiresAt: true,
  expiresAt: true,
  attemptsMax: true,
  attempts: true,
  providerCode: true,
  providerError: true,
  challengeUrl: true,
  closingAs: true,
  description: true,
  metadata: true,
  returnUrl: true,
  observedAt: true,
  startedAt: true,
  endedAt: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Prisma.SessionSelect;

export const SESSION_FIELDS = Object.keys(FIELDS) as readonly (keyof typeof FIELDS)[];
export type SessionFields = Pick<SessionRow, keyof typeof FIELDS>;
const COLUMNS = Prisma.raw(columnsOf(SESSION_FIELDS));

export type NewSession = Session & SessionPersonalData & { readonly token: string };

export async function insertSession(
  tx: Tx,
  scope: MerchantScope,
  news: { session: NewSession; vault: Vault; nextCheckAt: Date },
): Promise<void> {
  const { session, vault } = news;
  await tx.$executeRaw`
    INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency,
      store_payment_method, code, customer_id, payment_method_id, token_fingerprint, token, token_expires_at, expires_at, attempts_max,
      attempts, provider_code, provider_error, challenge_url, closing_as, billing, shipping, "user", device, description, metadata,
      return_url, observed_at, started_at, ended_at, next_check_at, version, created_at, updated_at)
    VALUES (${session.id}::uuid, ${scope.merchantId}::uuid, ${scope.environment}, ${session.providerAccountId}::uuid, ${session.provider},
      ${session.kind}, ${session.status}, ${session.phase}, ${session.amountMinor}::bigint, ${session.currency},
      ${session.storePaymentMethod}::boolean, ${session.merchantInternalTransactionCode}, ${session.customerId}::uuid,
      ${session.paymentMethodId}::uuid, ${vault.fingerprint(session.token)}, ${vault.seal(session.token)}, ${session.tokenExpiresAt},
      ${session.expiresAt}, ${session.attemptsMax}::integer, ${session.attempts}::integer, ${session.providerCode},
      ${session.providerError}, ${session.challengeUrl}, ${session.closingAs}, ${toJson(session.billing)}::jsonb,
      ${toJson(session.shipping)}::jsonb, ${toJson(session.user)}::jsonb, ${toJson(session.device)}::jsonb, ${session.description},
      ${toJson(session.metadata)}::jsonb, ${session.returnUrl}, ${session.observedAt}::timestamptz, ${session.startedAt}::timestamptz,
      ${session.endedAt}::timestamptz, ${news.nextCheckAt}, ${session.version}::integer, ${session.createdAt}, ${session.updatedAt})`;
}

/** What news may change. */
export type SessionProgress = Pick<
  Session,
  | 'status'
  | 'phase'
  | 'paymentMethodId'
  | 'tokenExpiresAt'
  | 'attempts'
  | 'providerCode'
  | 'providerError'
  | 'challengeUrl'
  | 'closingAs'
  | 'observedAt'
  | 'startedAt'
  | 'endedAt'
>;

/** What the provider's answer to the start adds. */
export interface SealedOpening {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly clientToken: Uint8Array<ArrayBuffer>;
  readonly clientTokenFingerprint: string;
  readonly providerState: Uint8Array<ArrayBuffer>;
}

/** Saves news on the version that was read. Throws when another writer was first: the caller holds the row's lock. */
export async function saveSession(
  tx: Tx,
  from: Session,
  change: { progress: SessionProgress; nextCheckAt: Date | null; now: Date; opening?: SealedOpening },
): Promise<Session> {
  const { progress, opening, now } = change;
  const opened =
    opening === undefined
      ? Prisma.empty
      : Prisma.sql`payload = ${opening.payload}, provider_state = ${opening.providerState},
          client_token = ${opening.clientToken}::bytea, client_token_fingerprint = ${opening.clientTokenFingerprint},`;
  const count = await tx.$executeRaw`
    UPDATE sessions SET ${opened} status = ${progress.status}, phase = ${progress.phase},
      payment_method_id = ${progress.paymentMethodId}::uuid, token_expires_at = ${progress.tokenExpiresAt},
      attempts = ${progress.attempts}::integer, provider_code = ${progress.providerCode}, provider_error = ${progress.providerError},
      challenge_url = ${progress.challengeUrl}, closing_as = ${progress.closingAs}, observed_at = ${progress.observedAt}::timestamptz,
      started_at = ${progress.startedAt}::timestamptz, ended_at = ${progress.endedAt}::timestamptz,
      next_check_at = ${change.nextCheckAt}::timestamptz, version = version + 1, updated_at = ${now}
    WHERE id = ${from.id}::uuid AND merchant_id = ${from.merchantId}::uuid AND version = ${from.version}::integer`;
  if (count !== 1) throw new Error(`Session ${from.id} changed under its lock.`);
  return { ...from, ...progress, version: from.version + 1, updatedAt: now };
}

/** Does nothing to a session that has changed since it was read: whoever changed it has said when to look again. */
export async function saveNextCheck(
  tx: Tx,
  session: Pick<Session, 'id' | 'merchantId' | 'version'>,
  nextCheckAt: Date | null,
): Promise<void> {
  const { id, merchantId, version } = session;
  await tx.session.updateMany({ where: { id, merchantId, version }, data: { nextCheckAt } });
}

/** Waits for other writers of this session to finish, then reads it. */
export async function lockSession(tx: Tx, scope: MerchantScope, id: string): Promise<Session | null> {
  if (!isId(id)) return null;
  const [row] = await tx.$queryRaw<SessionFields[]>`
    SELECT ${COLUMNS} FROM sessions WHERE ${inScope(scope)} AND id = ${id}::uuid FOR UPDATE`;
  return row === undefined ? null : toSession(row);
}

/** Of several sessions with one code (all but the newest were refused and gave it back), the newest. */
export async function findSessionRow(tx: Tx, scope: MerchantScope, where: SessionKey): Promise<Session | null> {
  if ('id' in where && !isId(where.id)) return null;
  const [row] = await tx.$queryRaw<SessionFields[]>`
    SELECT ${COLUMNS} FROM sessions WHERE ${inScope(scope)} AND ${toCondition(scope, where)} ORDER BY created_at DESC, id DESC LIMIT 1`;
  return row === undefined ? null : toSession(row);
}

type SessionKey =
  | { id: string }
  | { tokenFingerprint: string }
  | { clientTokenFingerprint: string }
  | { providerCode: string }
  | { code: string };

function toCondition(scope: MerchantScope, where: SessionKey): Prisma.Sql {
  if ('id' in where) return Prisma.sql`id = ${where.id}::uuid`;
  if ('tokenFingerprint' in where) return Prisma.sql`token_fingerprint = ${where.tokenFingerprint}`;
  if ('clientTokenFingerprint' in where) return Prisma.sql`client_token_fingerprint = ${where.clientTokenFingerprint}`;
  if ('code' in where) return Prisma.sql`code = ${where.code}`;
  // By way of the merchant's accounts, because the index of provider codes begins with the account.
  return Prisma.sql`provider_code = ${where.providerCode}
    AND provider_account_id IN (SELECT id FROM provider_accounts WHERE ${inScope(scope)})`;
}

export async function listSessionsByIds(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<readonly Session[]> {
  const rows = await tx.session.findMany({ where: { ...scopeOf(scope), id: { in: [...ids] } }, select: FIELDS });
  return rows.map(toSession);
}

const OPEN_LISTED_MAX = 1_000;

/** Newest first, at most 1,000. */
export async function listOpenSessionsOfCustomer(tx: Tx, scope: MerchantScope, customerId: string): Promise<readonly Session[]> {
  const rows = await tx.session.findMany({
    where: { ...scopeOf(scope), customerId, status: { in: ['PENDING', 'ACTIVE', 'UNKNOWN'] } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: OPEN_LISTED_MAX,
    select: FIELDS,
  });
  return rows.map(toSession);
}

/** The one look-up without a merchant: a token is a credential and names its session alone. */
export async function findSessionOfToken(tx: Tx, tokenFingerprint: string): Promise<Session | null> {
  const row = await tx.session.findUnique({ where: { tokenFingerprint }, select: FIELDS });
  return row === null ? null : toSession(row);
}

export async function findSessionByProviderCode(
  tx: Tx,
  account: { merchantId: string; providerAccountId: string },
  providerCode: string,
): Promise<Session | null> {
  const row = await tx.session.findFirst({ where: { ...account, providerCode }, select: FIELDS });
  return row === null ? null : toSession(row);
}

export async function readReference(
  deps: { vault: Vault },
  tx: Tx,
  session: { scope: MerchantScope; id: string },
): Promise<SessionReference | null> {
  const row = await tx.session.findFirst({
    where: { ...scopeOf(session.scope), id: session.id },
    select: { id: true, kind: true, providerCode: true, providerState: true },
  });
  if (row === null || row.providerCode === null || row.providerState === null) return null;
  return {
    sessionId: row.id,
    kind: row.kind as SessionKind,
    providerCode: row.providerCode,
    state: deps.vault.open(row.providerState) as JsonObject,
  };
}

export async function listSecrets(
  deps: { vault: Vault },
  tx: Tx,
  wanted: { scope: MerchantScope; ids: readonly string[] },
): Promise<Map<string, SessionSecrets>> {
  const rows = await tx.$queryRaw<Pick<SessionRow, 'id' | 'token' | 'payload' | 'clientToken'>[]>`
    SELECT id, token, payload, client_token AS "clientToken" FROM sessions WHERE ${inScope(wanted.scope)} AND id = ANY(${[...wanted.ids]}::uuid[])`;
  return new Map(
    rows.map((row) => {
      const payload = row.payload === null ? null : (deps.vault.open(row.payload) as JsonObject);
      const clientToken = row.clientToken === null ? null : (deps.vault.open(row.clientToken) as string);
      return [row.id, { token: deps.vault.open(row.token) as string, payload, clientToken }];
    }),
  );
}

export async function listPersonalData(
  tx: Tx,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, SessionPersonalData>> {
  const rows = await tx.session.findMany({
    where: { ...scopeOf(scope), id: { in: [...ids] } },
    select: { id: true, billing: true, shipping: true, user: true, device: true },
  });
  return new Map(
    rows.map((row) => [
      row.id,
      {
        billing: row.billing as Contact | null,
        shipping: row.shipping as Contact | null,
        user: row.user as Payer | null,
        device: row.device as Device | null,
      },
    ]),
  );
}

/** Blanks what is personal in a customer's sessions, texts of the merchant's own included: they may name the payer. */
export async function blankSessionsOfCustomer(tx: Tx, scope: MerchantScope, customerId: string): Promise<void> {
  const blank = Prisma.DbNull;
  await tx.session.updateMany({
    where: { ...scopeOf(scope), customerId },
    data: { billing: blank, shipping: blank, user: blank, device: blank, description: null, metadata: blank },
  });
}

const CHECK_LEASE_MS = 60_000;
const CHECK_BATCH = 20;

/** Takes sessions that are due for a look, so that no other process takes them for a minute. */
export async function claimDueSessions(tx: Tx, now: Date): Promise<readonly Session[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE sessions SET next_check_at = ${addMs(now, CHECK_LEASE_MS)}
    WHERE id IN (SELECT id FROM sessions WHERE next_check_at <= ${now} ORDER BY next_check_at LIMIT ${CHECK_BATCH}
      FOR UPDATE SKIP LOCKED)
    RETURNING id`;
  const found = await tx.session.findMany({ where: { id: { in: rows.map((row) => row.id) } }, select: FIELDS });
  return found.map(toSession);
}

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

export function toSession(row: SessionFields): Session {
  // Field by field: a list of a hundred costs a third of what copying the rest of a row does.
  return {
    id: row.id,
    merchantId: row.merchantId,
    environment: row.environment as Environment,
    providerAccountId: row.providerAccountId,
    provider: row.provider as ProviderName,
    kind: row.kind as SessionKind,
    status: row.status as SessionStatus,
    phase: row.phase as Session['phase'],
    amountMinor: row.amount,
    currency: row.currency,
    storePaymentMethod: row.storePaymentMethod,
    merchantInternalTransactionCode: row.code,
    customerId: row.customerId,
    paymentMethodId: row.paymentMethodId,
    tokenExpiresAt: row.tokenExpiresAt,
    expiresAt: row.expiresAt,
    attemptsMax: row.attemptsMax,
    attempts: row.attempts,
    providerCode: row.providerCode,
    providerError: row.providerError,
    challengeUrl: row.challengeUrl,
    closingAs: row.closingAs as ClosingStatus | null,
    description: row.description,
    metadata: (row.metadata ?? {}) as Session['metadata'],
    returnUrl: row.returnUrl,
    observedAt: row.observedAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
