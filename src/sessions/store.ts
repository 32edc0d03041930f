import { Prisma, type Session as SessionRow } from '../generated/prisma/client.ts';
import type { Tx } from '../database/database.ts';
import { addMs } from '../kernel/clock.ts';
import { isId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { scopeOf, type MerchantScope } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import type { Contact, Environment, ProviderName, SessionKind, SessionReference } from '../providers/provider.ts';
import type { Session, SessionPersonalData, SessionSecrets, SessionStatus, ClosingStatus, Device, Payer } from './session.ts';

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

export type NewSession = Session & SessionPersonalData & { readonly token: string };

export async function insertSession(
  tx: Tx,
  scope: MerchantScope,
  news: { session: NewSession; vault: Vault; nextCheckAt: Date },
): Promise<void> {
  const { session, vault } = news;
  await tx.session.create({
    data: {
      ...scopeOf(scope),
      id: session.id,
      providerAccountId: session.providerAccountId,
      provider: session.provider,
      kind: session.kind,
      amount: session.amountMinor,
      currency: session.currency,
      storePaymentMethod: session.storePaymentMethod,
      code: session.merchantInternalTransactionCode,
      customerId: session.customerId,
      tokenFingerprint: vault.fingerprint(session.token),
      token: vault.seal(session.token),
      expiresAt: session.expiresAt,
      attemptsMax: session.attemptsMax,
      billing: toJson(session.billing),
      shipping: toJson(session.shipping),
      user: toJson(session.user),
      device: toJson(session.device),
      description: session.description,
      metadata: toJson(session.metadata),
      returnUrl: session.returnUrl,
      nextCheckAt: news.nextCheckAt,
      version: session.version,
      createdAt: session.createdAt,
      updatedAt: session.updatedAt,
      ...progressColumns(session),
    },
    select: { id: true },
  });
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
  readonly providerState: Uint8Array<ArrayBuffer>;
}

/** Saves news on the version that was read. Throws when another writer was first: the caller holds the row's lock. */
export async function saveSession(
  tx: Tx,
  from: Session,
  change: { progress: SessionProgress; nextCheckAt: Date | null; now: Date; opening?: SealedOpening },
): Promise<Session> {
  const { count } = await tx.session.updateMany({
    where: { id: from.id, merchantId: from.merchantId, version: from.version },
    data: {
      ...progressColumns(change.progress),
      ...change.opening,
      nextCheckAt: change.nextCheckAt,
      version: from.version + 1,
      updatedAt: change.now,
    },
  });
  if (count !== 1) throw new Error(`Session ${from.id} changed under its lock.`);
  return { ...from, ...change.progress, version: from.version + 1, updatedAt: change.now };
}

export async function saveNextCheck(tx: Tx, session: Pick<Session, 'id' | 'merchantId'>, nextCheckAt: Date | null): Promise<void> {
  await tx.session.updateMany({ where: { id: session.id, merchantId: session.merchantId }, data: { nextCheckAt } });
}

/** Waits for other writers of this session to finish, then reads it. */
export async function lockSession(tx: Tx, scope: MerchantScope, id: string): Promise<Session | null> {
  if (!isId(id)) return null;
  await tx.$queryRaw`SELECT id FROM sessions WHERE id = ${id}::uuid AND merchant_id = ${scope.merchantId}::uuid FOR UPDATE`;
  return findSessionRow(tx, scope, { id });
}

/** Of several sessions with one code (all but the newest were refused and gave it back), the newest. */
export async function findSessionRow(
  tx: Tx,
  scope: MerchantScope,
  where: { id: string } | { tokenFingerprint: string } | { providerCode: string } | { code: string },
): Promise<Session | null> {
  if ('id' in where && !isId(where.id)) return null;
  const row = await tx.session.findFirst({
    where: { merchantId: scope.merchantId, environment: scope.environment, ...where },
    orderBy: 'code' in where || 'providerCode' in where ? [{ createdAt: 'desc' }, { id: 'desc' }] : [],
    select: FIELDS,
  });
  return row === null ? null : toSession(row);
}

export async function listSessionsByIds(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<readonly Session[]> {
  const rows = await tx.session.findMany({ where: { ...scopeOf(scope), id: { in: [...ids] } }, select: FIELDS });
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
  const rows = await tx.session.findMany({
    where: { ...scopeOf(wanted.scope), id: { in: [...wanted.ids] } },
    select: { id: true, token: true, payload: true },
  });
  return new Map(
    rows.map((row) => {
      const payload = row.payload === null ? null : (deps.vault.open(row.payload) as JsonObject);
      return [row.id, { token: deps.vault.open(row.token) as string, payload }];
    }),
  );
}

export async function listPersonalData(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<Map<string, SessionPersonalData>> {
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

function progressColumns(progress: SessionProgress) {
  return {
    status: progress.status,
    phase: progress.phase,
    paymentMethodId: progress.paymentMethodId,
    tokenExpiresAt: progress.tokenExpiresAt,
    attempts: progress.attempts,
    providerCode: progress.providerCode,
    providerError: progress.providerError,
    challengeUrl: progress.challengeUrl,
    closingAs: progress.closingAs,
    observedAt: progress.observedAt,
    startedAt: progress.startedAt,
    endedAt: progress.endedAt,
  };
}

function toJson(value: object | null): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === null ? Prisma.DbNull : (value as Prisma.InputJsonValue);
}

export function toSession(row: SessionFields): Session {
  const { amount, code, metadata, ...same } = row;
  return {
    ...same,
    environment: row.environment as Environment,
    provider: row.provider as ProviderName,
    kind: row.kind as SessionKind,
    status: row.status as SessionStatus,
    phase: row.phase as Session['phase'],
    closingAs: row.closingAs as ClosingStatus | null,
    amountMinor: amount,
    merchantInternalTransactionCode: code,
    metadata: (metadata ?? {}) as Session['metadata'],
  };
}
