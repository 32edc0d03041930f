import type { Tx } from '../database/database.ts';
import { tableOf } from '../database/table.ts';
import { type BankKey, type BankMethod, type BankMovement, type BankPayment, Prisma } from '../generated/prisma/client.ts';
import type { CardFacts } from './card-form.ts';
import type { BankMovementKind, BankPaymentKind, Ledger, MovementFacts, PaymentFacts, StoredStatus } from './payment.ts';

const payments = tableOf<BankPayment>('bank_payments', Prisma.BankPaymentScalarFieldEnum);
const movements = tableOf<BankMovement>('bank_movements', Prisma.BankMovementScalarFieldEnum);
const methods = tableOf<BankMethod>('bank_methods', Prisma.BankMethodScalarFieldEnum);
const keys = tableOf<BankKey>('bank_keys', Prisma.BankKeyScalarFieldEnum);
const KEY_STATE = keys.pick(['attempts', 'requestHash', 'answer']);

/** How a payment is named: by its own or a movement's id within an account, or by what only its browser holds. */
export type PaymentSelector =
  | { readonly accountId: string; readonly code: string }
  | { readonly clientTokenHash: string }
  | { readonly challengeId: string };

export interface KeyName {
  readonly accountId: string;
  readonly key: string;
  readonly operationId: string;
}

export interface KeyState {
  /** How often the key was seen, this time included. */
  readonly attempts: number;
  readonly requestHash: string | null;
  readonly answer: string | null;
}

export interface MethodFacts extends CardFacts {
  readonly id: string;
  readonly customerReference: string;
  readonly isDetached: boolean;
}

/**
 * Writes the payment and its key in one statement.
 * @returns false when the key exists already: then nothing is written
 */
export async function insertPaymentOnce(
  tx: Tx,
  payment: PaymentFacts & { readonly clientTokenHash: string },
  key: KeyName & { readonly requestHash: string; readonly answer: string },
): Promise<boolean> {
  const { clientTokenHash, ...facts } = payment;
  const { accountId, operationId, requestHash, answer } = key;
  const first = { accountId, operationId, requestHash, answer, key: key.key, attempts: 1, createdAt: payment.createdAt };
  const inserted = await tx.$executeRaw`
    WITH fresh AS (${keys.insert(first)} ON CONFLICT DO NOTHING RETURNING 1)
    ${payments.insertIf(Prisma.sql`EXISTS (SELECT FROM fresh)`, { ...fromPayment(facts), clientTokenHash })}`;
  return inserted === 1;
}

/** A payment that nobody completes in a browser. */
export async function insertPayment(tx: Tx, payment: PaymentFacts): Promise<void> {
  await tx.$executeRaw(payments.insert(fromPayment(payment)));
}

/** Counts one more use of the key and holds its row, so that equal calls run one after the other. */
export async function countUse(tx: Tx, key: KeyName, now: Date): Promise<KeyState> {
  const { accountId, operationId } = key;
  const first = { accountId, operationId, key: key.key, attempts: 1, createdAt: now };
  const [state] = await tx.$queryRaw<KeyState[]>`
    ${keys.insert(first)}
    ON CONFLICT (account_id, key) DO UPDATE SET attempts = bank_keys.attempts + 1
    RETURNING ${KEY_STATE}`;
  if (state === undefined) throw new Error('A counted key has a row.');
  return state;
}

export async function saveAnswer(tx: Tx, name: KeyName, given: { requestHash: string; answer: string }): Promise<void> {
  expectRow(await tx.$executeRaw`UPDATE bank_keys SET ${keys.set(given)} WHERE ${isKey(name)}`);
}

export async function readKey(tx: Tx, name: KeyName): Promise<KeyState | null> {
  const [state] = await tx.$queryRaw<KeyState[]>`SELECT ${KEY_STATE} FROM bank_keys WHERE ${isKey(name)}`;
  return state ?? null;
}

function isKey({ accountId, key }: KeyName): Prisma.Sql {
  return keys.is({ accountId, key });
}

export async function findAnswer(tx: Tx, accountId: string, operationId: string): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ answer: string }[]>`
    SELECT answer FROM bank_keys WHERE ${keys.is({ accountId, operationId })} AND answer IS NOT NULL LIMIT 1`;
  return row?.answer ?? null;
}

/** The payment, held until the transaction ends: whoever changes it reads it this way first. */
export async function lockLedger(tx: Tx, by: PaymentSelector): Promise<Ledger | null> {
  const [payment] = await tx.$queryRaw<BankPayment[]>`
    SELECT ${payments.columns} FROM bank_payments WHERE ${isNamed(by)} FOR UPDATE`;
  return payment === undefined ? null : withMovements(tx, payment);
}

export async function readLedger(tx: Tx, by: PaymentSelector): Promise<Ledger | null> {
  const [payment] = await tx.$queryRaw<BankPayment[]>`SELECT ${payments.columns} FROM bank_payments WHERE ${isNamed(by)}`;
  return payment === undefined ? null : withMovements(tx, payment);
}

function isNamed(by: PaymentSelector): Prisma.Sql {
  if ('clientTokenHash' in by) return payments.is({ clientTokenHash: by.clientTokenHash });
  if ('challengeId' in by)
    return Prisma.sql`id = (SELECT payment_id FROM bank_movements WHERE ${movements.is({ challengeId: by.challengeId })})`;
  const { accountId, code: id } = by;
  return Prisma.sql`id = COALESCE(
    (SELECT id FROM bank_payments WHERE ${payments.is({ id, accountId })}),
    (SELECT payment_id FROM bank_movements WHERE ${movements.is({ id, accountId })}))`;
}

/** A statement of its own after the lock, so that it sees what the lock waited for. */
async function withMovements(tx: Tx, payment: BankPayment): Promise<Ledger> {
  const rows = await tx.$queryRaw<BankMovement[]>`
    SELECT ${movements.columns} FROM bank_movements WHERE ${movements.is({ paymentId: payment.id })} ORDER BY position`;
  return { payment: toPayment(payment), movements: rows.map(toMovement) };
}

export async function insertMovement(tx: Tx, accountId: string, movement: MovementFacts): Promise<void> {
  await tx.$executeRaw(movements.insert({ accountId, ...fromMovement(movement) }));
}

/** Writes the attempt, and on its payment the behaviour of the card that was used. */
export async function insertAttempt(tx: Tx, { id, accountId }: PaymentFacts, attempt: MovementFacts): Promise<void> {
  const row = { accountId, ...fromMovement(attempt) };
  const { scenario } = row;
  await tx.$executeRaw`
    WITH used AS (UPDATE bank_payments SET scenario = ${scenario} WHERE id = ${id} AND scenario IS DISTINCT FROM ${scenario})
    ${movements.insert(row)}`;
}

export async function updateMovement(tx: Tx, movement: MovementFacts): Promise<void> {
  const { id, ...changes } = fromMovement(movement);
  expectRow(await tx.$executeRaw`UPDATE bank_movements SET ${movements.set(changes)} WHERE ${movements.is({ id })}`);
}

export async function saveChoice(tx: Tx, paymentId: string, choice: { readonly storeMethod: boolean }): Promise<void> {
  await updatePayment(tx, paymentId, choice);
}

export async function saveCanceled(tx: Tx, paymentId: string, canceledAt: Date): Promise<void> {
  await updatePayment(tx, paymentId, { canceledAt });
}

async function updatePayment(tx: Tx, id: string, changes: Partial<BankPayment>): Promise<void> {
  expectRow(await tx.$executeRaw`UPDATE bank_payments SET ${payments.set(changes)} WHERE ${payments.is({ id })}`);
}

/** For a change of one row that its caller holds. */
function expectRow(changed: number): void {
  if (changed !== 1) throw new Error('The row to change does not exist.');
}

export async function insertMethod(
  tx: Tx,
  accountId: string,
  method: Omit<MethodFacts, 'isDetached'> & { createdAt: Date },
): Promise<void> {
  await tx.$executeRaw(methods.insert({ accountId, ...method }));
}

/** The stored method, held until the transaction ends; also when it was detached. */
export async function lockMethod(tx: Tx, accountId: string, id: string): Promise<MethodFacts | null> {
  const [row] = await tx.$queryRaw<BankMethod[]>`
    SELECT ${methods.columns} FROM bank_methods WHERE ${methods.is({ id, accountId })} FOR UPDATE`;
  return row === undefined ? null : toMethod(row);
}

export async function readMethod(tx: Tx, accountId: string, id: string): Promise<MethodFacts | null> {
  const [row] = await tx.$queryRaw<BankMethod[]>`
    SELECT ${methods.columns} FROM bank_methods WHERE ${methods.is({ id, accountId })}`;
  return row === undefined ? null : toMethod(row);
}

/** What is stored for a customer and not detached, oldest first. */
export async function listMethods(
  tx: Tx,
  by: { readonly accountId: string; readonly customerReference: string },
  limit: number,
): Promise<readonly MethodFacts[]> {
  const { accountId, customerReference } = by;
  const rows = await tx.$queryRaw<BankMethod[]>`
    SELECT ${methods.columns} FROM bank_methods WHERE ${methods.is({ accountId, customerReference, detachedAt: null })}
    ORDER BY created_at, id LIMIT ${limit}`;
  return rows.map(toMethod);
}

export async function saveDetached(tx: Tx, methodId: string, detachedAt: Date): Promise<void> {
  const isKept = methods.is({ id: methodId, detachedAt: null });
  await tx.$executeRaw`UPDATE bank_methods SET ${methods.set({ detachedAt })} WHERE ${isKept}`;
}

function toPayment(row: BankPayment): PaymentFacts {
  const { amount, kind, clientTokenHash: _hash, ...rest } = row;
  return { ...rest, kind: kind as BankPaymentKind, amountMinor: amount };
}

function fromPayment({ amountMinor, ...rest }: PaymentFacts): Omit<BankPayment, 'clientTokenHash'> {
  return { ...rest, amount: amountMinor };
}

function toMovement(row: BankMovement): MovementFacts {
  const { accountId: _account, amount, kind, status, settledStatus, scenario, brand, last4, expMonth, expYear, ...rest } = row;
  const hasCard = scenario !== null && brand !== null && last4 !== null && expMonth !== null && expYear !== null;
  return {
    ...rest,
    kind: kind as BankMovementKind,
    status: status as StoredStatus,
    settledStatus: settledStatus as StoredStatus | null,
    amountMinor: amount,
    card: hasCard ? { scenario, brand, last4, expMonth, expYear } : null,
  };
}

function fromMovement({ amountMinor, card, ...rest }: MovementFacts): Omit<BankMovement, 'accountId'> {
  const noCard = { scenario: null, brand: null, last4: null, expMonth: null, expYear: null };
  return { ...rest, amount: amountMinor, ...(card ?? noCard) };
}

function toMethod(row: BankMethod): MethodFacts {
  const { id, customerReference, scenario, brand, last4, expMonth, expYear, detachedAt } = row;
  return { id, customerReference, scenario, brand, last4, expMonth, expYear, isDetached: detachedAt !== null };
}
