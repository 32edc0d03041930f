import type { Part } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { bringForward, type Claim, claimDue, type Due } from '../database/due.ts';
import { inScope } from '../database/filter.ts';
import { held, lockRows } from '../database/lock.ts';
import { type Joined, tableOf } from '../database/table.ts';
import { Prisma, type Session as SessionRow } from '../generated/prisma/client.ts';
import type { Dialect } from '../kernel/dialect.ts';
import { isId } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { SealedPlace, Vault } from '../kernel/secret.ts';
import type { Contact, Environment, ProviderName, SessionKind, SessionReference } from '../providers/provider.ts';
import {
  type ClosingStatus,
  type Device,
  type Payer,
  type Session,
  type SessionPersonalData,
  type SessionSecrets,
  type SessionStatus,
  SUMMARY_FIELDS,
} from './session.ts';

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
  erasedAt: true,
  dialect: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Prisma.SessionSelect;

export const SESSION_FIELDS = Object.keys(FIELDS) as readonly (keyof typeof FIELDS)[];
export type SessionFields = Pick<SessionRow, keyof typeof FIELDS>;

const sessions = tableOf<SessionRow>('sessions', Prisma.SessionScalarFieldEnum, [
  'billing',
  'shipping',
  'user',
  'device',
  'metadata',
]);
export const SESSION_COLUMNS = sessions.pick(SESSION_FIELDS);

const SAME_NAMES = SUMMARY_FIELDS.filter((field) => field !== 'amountMinor' && field !== 'merchantInternalTransactionCode');
/** Rows of these are summaries as they are. */
export const SUMMARY_COLUMNS = Prisma.sql`
  ${sessions.pick(SAME_NAMES)}, amount AS "amountMinor", code AS "merchantInternalTransactionCode"`;

type SealedPart = 'token' | 'payload' | 'provider_state' | 'client_token' | 'challenge_url';

/** The place of a sealed value in a session's row. */
export function placeIn(session: MerchantScope & { readonly id: string }, part: SealedPart): SealedPlace {
  return { column: `sessions.${part}`, row: session };
}

export type NewSession = Session & SessionPersonalData & { readonly token: string };

/** Inserts a session, as a part of the commit that records its start. */
export function sessionPart(scope: MerchantScope, news: { session: NewSession; vault: Vault; nextCheckAt: Date }): Part {
  const { session, vault } = news;
  const { amountMinor: amount, merchantInternalTransactionCode: code, token, sealedChallenge: challengeUrl, ...fields } = session;
  const tokenFingerprint = vault.fingerprint(token, 'session-token');
  const sealed = { token: vault.seal(placeIn(session, 'token'), token), challengeUrl };
  const row = { ...fields, ...scopeOf(scope), ...sealed, tokenFingerprint, amount, code, nextCheckAt: news.nextCheckAt };
  return (only) => sessions.insertIf(only, row);
}

/** What changes over time. The type, the update and the comparison follow from this list. */
const PROGRESS_FIELDS = [
  'status',
  'phase',
  'paymentMethodId',
  'tokenExpiresAt',
  'attempts',
  'providerCode',
  'providerError',
  'sealedChallenge',
  'closingAs',
  'observedAt',
  'startedAt',
  'endedAt',
] as const satisfies readonly (keyof Session)[];
export type SessionProgress = Pick<Session, (typeof PROGRESS_FIELDS)[number]>;

function progressOf(session: SessionProgress): SessionProgress {
  return Object.fromEntries(PROGRESS_FIELDS.map((field) => [field, session[field]])) as unknown as SessionProgress;
}

/** What the provider's answer to the start adds. */
export interface SealedOpening {
  readonly payload: Uint8Array<ArrayBuffer> | null;
  readonly clientToken: Uint8Array<ArrayBuffer> | null;
  readonly clientTokenFingerprint: string | null;
  readonly providerState: Uint8Array<ArrayBuffer>;
}

/** Whether a move changes anything besides the time of the last news. */
export function isChanged(from: SessionProgress, to: SessionProgress): boolean {
  return PROGRESS_FIELDS.some((field) => field !== 'observedAt' && !isSame(from[field], to[field]));
}

function isSame(left: unknown, right: unknown): boolean {
  return left instanceof Date && right instanceof Date ? left.getTime() === right.getTime() : left === right;
}

/** Moves a session from the version that was read, as a part of a commit. Writes nothing when another writer was first. */
export function movePart(
  from: Session,
  change: { progress: SessionProgress; nextCheckAt: Date | null; now: Date; opening?: SealedOpening },
): Part {
  const { progress, opening, nextCheckAt, now } = change;
  const { sealedChallenge: challengeUrl, ...fields } = progressOf(progress);
  const version = from.version + 1;
  const changes = sessions.set({ ...fields, challengeUrl, ...opening, version, updatedAt: now });
  const { id, merchantId } = from;
  const where = sessions.is({ id, merchantId, version: from.version });
  return (only) => Prisma.sql`UPDATE sessions SET ${changes}, ${bringForward(nextCheckAt)} WHERE ${where} AND ${only}`;
}

/** The condition that a session still has the version that was read. It is held in the commit. */
export function isUnmoved({ id, merchantId, version }: Session): Prisma.Sql {
  return held('sessions', sessions.is({ id, merchantId, version }));
}

/** Waits for other writers of this session to finish, then reads it. */
export async function lockSession(tx: Tx, scope: MerchantScope, id: string): Promise<Session | null> {
  if (!isId(id)) return null;
  const where = sessions.is({ ...scopeOf(scope), id });
  const [row] = await lockRows<SessionFields>(tx, 'sessions', { columns: SESSION_COLUMNS, where });
  return row === undefined ? null : toSession(row);
}

/** @param where the condition and what follows it */
async function listRows(tx: Tx, where: Prisma.Sql): Promise<readonly SessionFields[]> {
  return tx.$queryRaw<SessionFields[]>`SELECT ${SESSION_COLUMNS} FROM sessions WHERE ${where}`;
}

async function findRow(tx: Tx, where: Prisma.Sql): Promise<Session | null> {
  const [row] = await listRows(tx, Prisma.sql`${where} LIMIT 1`);
  return row === undefined ? null : toSession(row);
}

export async function findSessionRow(tx: Tx, scope: MerchantScope, { id }: { id: string }): Promise<Session | null> {
  const [session] = await listSessionsNamed(tx, scope, { id });
  return session ?? null;
}

/**
 * The session that a name means; two when it means more than one. Of sessions with one code, those count that own it; where none
 * does (their starts were refused and gave it back), the newest.
 */
export async function listSessionsNamed(tx: Tx, scope: MerchantScope, name: SessionName): Promise<readonly Session[]> {
  if ('id' in name && !isId(name.id)) return [];
  return meant(await tx.$queryRaw<(SessionFields & Owning)[]>(named(scope, name, SESSION_COLUMNS))).map(toSession);
}

interface Owning {
  readonly owns: boolean;
}

/** The two first that have the name: those that own it, then the newest. */
function named(scope: MerchantScope, name: SessionName, columns: Prisma.Sql): Prisma.Sql {
  const owns = 'code' in name ? ownsItsCode(scope, name.code) : Prisma.sql`true`;
  return Prisma.sql`
    SELECT ${columns}, ${owns} AS owns FROM sessions WHERE ${inScope(scope)} AND ${toCondition(scope, name)}
    ORDER BY owns DESC, created_at DESC, id DESC LIMIT 2`;
}

function meant<Row extends Owning>(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ owns }, index) => owns || index === 0);
}

export type NamedSession = Pick<Session, 'id' | 'kind' | 'status' | 'provider'>;

/** The same, with a row of another feature for each, and of the session only what says how to go on. */
export async function listSessionsWith<Value>(
  tx: Tx,
  scope: MerchantScope,
  { name, join }: { name: SessionName; join: Joined<Value> },
): Promise<readonly { session: NamedSession; value: Value | null }[]> {
  if ('id' in name && !isId(name.id)) return [];
  const rows = await tx.$queryRaw<(NamedSession & Owning)[]>`
    SELECT named.id, named.kind, named.status, named.provider, named.owns, ${join.columns}
    FROM (${named(scope, name, Prisma.sql`id, kind, status, provider, created_at`)}) AS named
    ${join.lateral(Prisma.sql`named.id`)}
    ORDER BY named.owns DESC, named.created_at DESC, named.id DESC`;
  return meant(rows).map((row) => ({ session: row, value: join.read(row) }));
}

function ownsItsCode(scope: MerchantScope, code: string): Prisma.Sql {
  return Prisma.sql`id IN (SELECT owner_id FROM merchant_codes WHERE ${inScope(scope)} AND code = ${code})`;
}

type SessionName =
  | { id: string }
  | { tokenFingerprint: string }
  | { clientTokenFingerprint: string }
  | { providerCode: string }
  | { code: string };

function toCondition(scope: MerchantScope, where: SessionName): Prisma.Sql {
  if ('id' in where) return Prisma.sql`id = ${where.id}::uuid`;
  if ('tokenFingerprint' in where) return Prisma.sql`token_fingerprint = ${where.tokenFingerprint}`;
  if ('clientTokenFingerprint' in where) return Prisma.sql`client_token_fingerprint = ${where.clientTokenFingerprint}`;
  if ('code' in where) return Prisma.sql`code = ${where.code}`;
  // By way of the merchant's accounts, because the index of provider codes begins with the account.
  return Prisma.sql`provider_code = ${where.providerCode}
    AND provider_account_id IN (SELECT id FROM provider_accounts WHERE ${inScope(scope)})`;
}

export async function listSessionsByIds(tx: Tx, scope: MerchantScope, ids: readonly string[]): Promise<readonly Session[]> {
  return (await listRows(tx, sessions.is({ ...scopeOf(scope), id: ids }))).map(toSession);
}

export type KnownVersion = Pick<Session, 'id' | 'version'>;

export async function listChangedSessions(tx: Tx, known: readonly KnownVersion[]): Promise<readonly string[]> {
  const [ids, versions] = [known.map(({ id }) => id), known.map(({ version }) => version)];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM sessions JOIN unnest(${ids}::uuid[], ${versions}::integer[]) AS known(known_id, known_version) ON id = known_id
    WHERE version <> known_version`;
  return rows.map(({ id }) => id);
}

const OPEN_LISTED_MAX = 1_000;

/** Newest first, at most 1,000. */
export async function listOpenSessionsOfCustomer(tx: Tx, scope: MerchantScope, customerId: string): Promise<readonly Session[]> {
  const where = sessions.is({ ...scopeOf(scope), customerId, status: ['PENDING', 'ACTIVE', 'UNKNOWN'] });
  const rows = await listRows(tx, Prisma.sql`${where} ORDER BY created_at DESC, id DESC LIMIT ${OPEN_LISTED_MAX}`);
  return rows.map(toSession);
}

/** The one look-up without a merchant: a token is a credential and names its session alone. */
export async function findSessionOfToken(tx: Tx, tokenFingerprint: string): Promise<Session | null> {
  return findRow(tx, sessions.is({ tokenFingerprint }));
}

/** An account has one session for each reference. */
export async function listSessionsByProviderCodes(
  tx: Tx,
  account: { merchantId: string; providerAccountId: string },
  providerCode: readonly string[],
): Promise<readonly Session[]> {
  const { merchantId, providerAccountId } = account;
  return (await listRows(tx, sessions.is({ merchantId, providerAccountId, providerCode }))).map(toSession);
}

export async function readReference(
  deps: { vault: Vault },
  tx: Tx,
  session: { scope: MerchantScope; id: string },
): Promise<SessionReference | null> {
  const [row] = await tx.$queryRaw<Pick<SessionRow, 'id' | 'kind' | 'providerCode' | 'providerState'>[]>`
    SELECT ${sessions.pick(['id', 'kind', 'providerCode', 'providerState'])} FROM sessions
    WHERE ${sessions.is({ ...scopeOf(session.scope), id: session.id })}`;
  if (row === undefined || row.providerCode === null || row.providerState === null) return null;
  return {
    sessionId: row.id,
    kind: row.kind as SessionKind,
    providerCode: row.providerCode,
    state: deps.vault.open(placeIn({ ...session.scope, id: row.id }, 'provider_state'), row.providerState) as JsonObject,
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
      const open = (column: SealedPart, sealed: Uint8Array | null) =>
        sealed === null ? null : deps.vault.open(placeIn({ ...wanted.scope, id: row.id }, column), sealed);
      const payload = open('payload', row.payload) as JsonObject | null;
      const clientToken = open('client_token', row.clientToken) as string | null;
      return [row.id, { token: open('token', row.token) as string, payload, clientToken }];
    }),
  );
}

/** Where the payer of a session authenticates; null while nobody has to. */
export function openChallenge(vault: Vault, session: Session): string | null {
  const { sealedChallenge } = session;
  return sealedChallenge === null ? null : (vault.open(placeIn(session, 'challenge_url'), sealedChallenge) as string);
}

export async function listPersonalData(
  tx: Tx,
  scope: MerchantScope,
  ids: readonly string[],
): Promise<Map<string, SessionPersonalData>> {
  const rows = await tx.$queryRaw<Pick<SessionRow, 'id' | 'billing' | 'shipping' | 'user' | 'device'>[]>`
    SELECT ${sessions.pick(['id', 'billing', 'shipping', 'user', 'device'])} FROM sessions
    WHERE ${sessions.is({ ...scopeOf(scope), id: ids })}`;
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

/** Takes sessions that are due for a look, at most 20. */
export async function claimDueSessions(tx: Tx, claim: Claim): Promise<readonly { session: Session; due: Due }[]> {
  const claimed = await claimDue(tx, 'sessions', claim);
  if (claimed.length === 0) return [];
  const found = await listRows(tx, sessions.is({ id: claimed.map(({ id }) => id) }));
  const byId = new Map(claimed.map((due) => [due.id, due]));
  return found.flatMap((row) => {
    const due = byId.get(row.id);
    return due === undefined ? [] : [{ session: toSession(row), due }];
  });
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
    sealedChallenge: row.challengeUrl,
    closingAs: row.closingAs as ClosingStatus | null,
    description: row.description,
    metadata: (row.metadata ?? {}) as Session['metadata'],
    returnUrl: row.returnUrl,
    observedAt: row.observedAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    erasedAt: row.erasedAt,
    dialect: row.dialect as Dialect | null,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
