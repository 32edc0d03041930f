import type { Tx } from '../database/database.ts';
import type { BankMethod, BankMovement, BankPayment } from '../generated/prisma/client.ts';
import type { CardFacts } from './card-form.ts';
import type { BankMovementKind, BankPaymentKind, Ledger, MovementFacts, PaymentFacts, StoredStatus } from './payment.ts';

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
  const createdAt = payment.createdAt.toISOString();
  const inserted = await tx.$executeRaw`
    WITH fresh AS (
      INSERT INTO bank_keys (account_id, key, operation_id, request_hash, attempts, answer, created_at)
      VALUES (${key.accountId}::uuid, ${key.key}, ${key.operationId}, ${key.requestHash}, 1, ${key.answer}, ${createdAt}::timestamptz)
      ON CONFLICT DO NOTHING
      RETURNING 1
    )
    INSERT INTO bank_payments (id, account_id, reference, kind, amount, currency, store_method, customer_reference,
      operation_id, client_token_hash, attempts_max, return_url, expires_at, created_at)
    SELECT ${payment.id}, ${payment.accountId}::uuid, ${payment.reference}, ${payment.kind}, ${payment.amountMinor}::bigint,
      ${payment.currency}, ${payment.storeMethod}::boolean, ${payment.customerReference}, ${payment.operationId},
      ${payment.clientTokenHash}, ${payment.attemptsMax}::integer, ${payment.returnUrl},
      ${payment.expiresAt?.toISOString() ?? null}::timestamptz, ${createdAt}::timestamptz
    FROM fresh`;
  return inserted === 1;
}

/** A payment that nobody completes in a browser. */
export async function insertPayment(tx: Tx, payment: PaymentFacts): Promise<void> {
  const { amountMinor, ...rest } = payment;
  await tx.bankPayment.create({ data: { ...rest, amount: amountMinor } });
}

/** Counts one more use of the key and holds its row, so that equal calls run one after the other. */
export async function countUse(tx: Tx, key: KeyName, now: Date): Promise<KeyState> {
  const rows = await tx.$queryRaw<readonly { attempts: number; request_hash: string | null; answer: string | null }[]>`
    INSERT INTO bank_keys (account_id, key, operation_id, attempts, created_at)
    VALUES (${key.accountId}::uuid, ${key.key}, ${key.operationId}, 1, ${now.toISOString()}::timestamptz)
    ON CONFLICT (account_id, key) DO UPDATE SET attempts = bank_keys.attempts + 1
    RETURNING attempts, request_hash, answer`;
  const row = rows[0];
  if (row === undefined) throw new Error('A counted key has a row.');
  return { attempts: row.attempts, requestHash: row.request_hash, answer: row.answer };
}

export async function saveAnswer(tx: Tx, key: KeyName, given: { requestHash: string; answer: string }): Promise<void> {
  await tx.bankKey.update({ where: { accountId_key: { accountId: key.accountId, key: key.key } }, data: given });
}

export async function readKey(tx: Tx, name: KeyName): Promise<KeyState | null> {
  return tx.bankKey.findUnique({ where: { accountId_key: { accountId: name.accountId, key: name.key } } });
}

export async function findAnswer(tx: Tx, accountId: string, operationId: string): Promise<string | null> {
  const row = await tx.bankKey.findFirst({ where: { accountId, operationId, answer: { not: null } }, select: { answer: true } });
  return row?.answer ?? null;
}

/** The payment, held until the transaction ends: whoever changes it reads it this way first. */
export async function lockLedger(tx: Tx, by: PaymentSelector): Promise<Ledger | null> {
  const id = await findPaymentId(tx, by);
  if (id === null) return null;
  await tx.$queryRaw`SELECT 1 FROM bank_payments WHERE id = ${id} FOR UPDATE`;
  return readLedgerById(tx, id);
}

export async function readLedger(tx: Tx, by: PaymentSelector): Promise<Ledger | null> {
  if ('code' in by) {
    const payment = await tx.bankPayment.findFirst({ where: { id: by.code, accountId: by.accountId } });
    if (payment !== null) return withMovements(tx, payment);
  }
  const id = await findPaymentId(tx, by);
  return id === null ? null : readLedgerById(tx, id);
}

async function findPaymentId(tx: Tx, by: PaymentSelector): Promise<string | null> {
  if ('clientTokenHash' in by) {
    const payment = await tx.bankPayment.findUnique({ where: { clientTokenHash: by.clientTokenHash }, select: { id: true } });
    return payment?.id ?? null;
  }
  if ('challengeId' in by) {
    const attempt = await tx.bankMovement.findUnique({ where: { challengeId: by.challengeId }, select: { paymentId: true } });
    return attempt?.paymentId ?? null;
  }
  const payment = await tx.bankPayment.findFirst({ where: { id: by.code, accountId: by.accountId }, select: { id: true } });
  if (payment !== null) return payment.id;
  const movement = await tx.bankMovement.findFirst({
    where: { id: by.code, accountId: by.accountId },
    select: { paymentId: true },
  });
  return movement?.paymentId ?? null;
}

async function readLedgerById(tx: Tx, id: string): Promise<Ledger | null> {
  const payment = await tx.bankPayment.findUnique({ where: { id } });
  return payment && withMovements(tx, payment);
}

async function withMovements(tx: Tx, payment: BankPayment): Promise<Ledger> {
  const movements = await tx.bankMovement.findMany({ where: { paymentId: payment.id }, orderBy: { position: 'asc' } });
  return { payment: toPayment(payment), movements: movements.map(toMovement) };
}

export async function insertMovement(tx: Tx, accountId: string, movement: MovementFacts): Promise<void> {
  await tx.bankMovement.create({ data: { accountId, ...fromMovement(movement) } });
}

export async function updateMovement(tx: Tx, movement: MovementFacts): Promise<void> {
  await tx.bankMovement.update({ where: { id: movement.id }, data: fromMovement(movement) });
}

export async function saveScenario(tx: Tx, paymentId: string, scenario: string): Promise<void> {
  await tx.bankPayment.update({ where: { id: paymentId }, data: { scenario } });
}

export async function saveChoice(tx: Tx, paymentId: string, choice: { readonly storeMethod: boolean }): Promise<void> {
  await tx.bankPayment.update({ where: { id: paymentId }, data: choice });
}

export async function saveCanceled(tx: Tx, paymentId: string, canceledAt: Date): Promise<void> {
  await tx.bankPayment.update({ where: { id: paymentId }, data: { canceledAt } });
}

export async function insertMethod(
  tx: Tx,
  accountId: string,
  method: Omit<MethodFacts, 'isDetached'> & { createdAt: Date },
): Promise<void> {
  await tx.bankMethod.create({ data: { accountId, ...method } });
}

/** The stored method, held until the transaction ends; also when it was detached. */
export async function lockMethod(tx: Tx, accountId: string, id: string): Promise<MethodFacts | null> {
  await tx.$queryRaw`SELECT 1 FROM bank_methods WHERE id = ${id} AND account_id = ${accountId}::uuid FOR UPDATE`;
  const row = await tx.bankMethod.findFirst({ where: { id, accountId } });
  return row && toMethod(row);
}

export async function readMethod(tx: Tx, accountId: string, id: string): Promise<MethodFacts | null> {
  const row = await tx.bankMethod.findFirst({ where: { id, accountId } });
  return row && toMethod(row);
}

/** What is stored for a customer and not detached, oldest first. */
export async function listMethods(
  tx: Tx,
  by: { readonly accountId: string; readonly customerReference: string },
  limit: number,
): Promise<readonly MethodFacts[]> {
  const rows = await tx.bankMethod.findMany({
    where: { ...by, detachedAt: null },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(toMethod);
}

export async function saveDetached(tx: Tx, methodId: string, detachedAt: Date): Promise<void> {
  await tx.bankMethod.updateMany({ where: { id: methodId, detachedAt: null }, data: { detachedAt } });
}

function toPayment(row: BankPayment): PaymentFacts {
  const { amount, kind, clientTokenHash: _hash, ...rest } = row;
  return { ...rest, kind: kind as BankPaymentKind, amountMinor: amount };
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
