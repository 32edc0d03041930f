import type { BankMovementView } from '../../bank/payment.ts';
import type { BankEntry } from '../../bank/statement.ts';
import { challengeUrlOf, type SimulatorDeps } from '../deps.ts';
import { registerRecords, type VendorRecord } from '../record-store.ts';
import { writeAmount } from './amounts.ts';
import type { NuveiBody } from './errors.ts';
import { isTransaction, lastAttempt, type MoveData, type Order, optionIdOf, optionOf, transactionIdOf } from './order-record.ts';

/**
 * The issuer's words of a decline (`gwErrorReason`). Nuvei hands them through and publishes no list: the texts here are assumptions,
 * after what its test cards and public integrations show (read 2026-11).
 */
const REASONS: Readonly<Record<string, string>> = {
  generic_decline: 'Do Not Honor',
  insufficient_funds: 'Insufficient Funds',
  lost_card: 'Lost Card',
  stolen_card: 'Stolen Card',
  expired_card: 'Expired Card',
  incorrect_cvc: 'Incorrect CVV',
  fraudulent: 'Suspected Fraud',
  authentication_required: 'Authentication Required',
  partial_approval_unsupported: 'Transaction Not Permitted',
};

function reasonOf(declineCode: string): string {
  return REASONS[declineCode] ?? 'Decline';
}

/** One transaction in Nuvei's words, as answers, look-ups and notifications tell it. */

export interface TransactionFacts {
  readonly transactionId: string;
  readonly transactionType: string;
  readonly transactionStatus: 'APPROVED' | 'DECLINED' | 'ERROR' | 'PENDING' | 'REDIRECT';
  readonly amount: string;
  readonly currency: string;
  readonly orderId: string;
  readonly clientUniqueId: string | null;
  readonly clientRequestId: string | null;
  readonly relatedTransactionId: string | null;
  readonly userTokenId: string | null;
  readonly optionId: string | null;
  readonly card: BankMovementView['card'];
  readonly authCode: string;
  readonly gwErrorCode: number;
  readonly gwErrorReason: string;
  readonly challengeUrl: string | null;
  readonly notificationUrl: string | null;
  readonly at: Date;
}

/** What the gateway says when the bank failed rather than declined (general knowledge: below -1). */
const GATEWAY_ERROR = -1100;
const DECLINED = -1;

/** An attempt of an order. */
export function attemptFacts(deps: SimulatorDeps, order: Order, { movement, createdAt }: BankEntry): TransactionFacts {
  const { record } = order;
  const { data } = record;
  return {
    transactionId: transactionIdOf(movement.id),
    orderId: record.id,
    amount: writeAmount(movement.amountMinor, data.currency),
    currency: data.currency,
    clientUniqueId: data.clientUniqueId,
    clientRequestId: data.clientRequestId,
    relatedTransactionId: null,
    userTokenId: data.userTokenId,
    optionId: optionOf(order, movement),
    card: movement.card,
    authCode: authCodeOf(movement),
    challengeUrl: movement.challengeId === null ? null : challengeUrlOf(deps, movement.challengeId),
    notificationUrl: data.notificationUrl,
    at: createdAt,
    ...resultOf(movement, data.transactionType),
  };
}

/** A settle, void or refund. */
export function moveFacts(order: Order, { movement, createdAt }: BankEntry, data: MoveData): TransactionFacts {
  return {
    transactionId: transactionIdOf(movement.id),
    orderId: order.record.id,
    amount: writeAmount(movement.amountMinor, order.record.data.currency),
    currency: order.record.data.currency,
    clientUniqueId: data.clientUniqueId,
    clientRequestId: data.clientRequestId,
    relatedTransactionId: data.relatedTransactionId,
    userTokenId: order.record.data.userTokenId,
    optionId: null,
    card: lastAttempt(order)?.movement.card ?? null,
    authCode: authCodeOf(movement),
    challengeUrl: null,
    notificationUrl: data.notificationUrl ?? order.record.data.notificationUrl,
    at: createdAt,
    ...resultOf(movement, data.type),
  };
}

type ResultFacts = Pick<TransactionFacts, 'transactionStatus' | 'transactionType' | 'gwErrorCode' | 'gwErrorReason'>;

function resultOf(movement: BankMovementView, type: string): ResultFacts {
  const good = { transactionType: type, gwErrorCode: 0, gwErrorReason: '' };
  switch (movement.status) {
    case 'succeeded':
      return { ...good, transactionStatus: 'APPROVED' };
    case 'processing':
      return { ...good, transactionStatus: 'PENDING' };
    case 'challenged':
    case 'canceled':
    case 'expired':
      return { ...good, transactionType: 'Auth3D', transactionStatus: 'REDIRECT' };
    case 'declined':
      return declinedAs(movement, type);
    case 'failed':
      return failedAs(movement, type);
  }
}

function declinedAs({ declineCode }: BankMovementView, type: string): ResultFacts {
  // A charge without the payer whose issuer wants a challenge ends in one that nobody can answer.
  if (declineCode === 'authentication_required')
    return { transactionType: 'Auth3D', transactionStatus: 'REDIRECT', gwErrorCode: 0, gwErrorReason: '' };
  return {
    transactionType: type,
    transactionStatus: 'DECLINED',
    gwErrorCode: DECLINED,
    gwErrorReason: reasonOf(declineCode ?? ''),
  };
}

/** A settle or refund that the bank turned down is a decline to Nuvei; an attempt that broke down is an error. */
function failedAs({ kind, failureCode }: BankMovementView, type: string): ResultFacts {
  const reason = (failureCode ?? 'error').replaceAll('_', ' ');
  return kind === 'ATTEMPT'
    ? { transactionType: type, transactionStatus: 'ERROR', gwErrorCode: GATEWAY_ERROR, gwErrorReason: reason }
    : { transactionType: type, transactionStatus: 'DECLINED', gwErrorCode: DECLINED, gwErrorReason: reason };
}

function authCodeOf(movement: BankMovementView): string {
  return movement.status === 'succeeded' ? transactionIdOf(movement.id).slice(-6) : '';
}

/** The part that answers to payments, moves and status calls share. */
export function toBody(facts: TransactionFacts): NuveiBody {
  const { optionId } = facts;
  return {
    orderId: facts.orderId,
    transactionId: facts.transactionId,
    transactionType: facts.transactionType,
    transactionStatus: facts.transactionStatus,
    amount: facts.amount,
    currency: facts.currency,
    authCode: facts.authCode,
    clientUniqueId: facts.clientUniqueId ?? '',
    ...(facts.relatedTransactionId !== null && { relatedTransactionId: facts.relatedTransactionId }),
    ...(facts.userTokenId !== null && { userTokenId: facts.userTokenId }),
    gwErrorCode: facts.gwErrorCode,
    gwErrorReason: facts.gwErrorReason,
    gwExtendedErrorCode: 0,
    externalTransactionId: '',
    customData: '',
    paymentOption: optionBody(facts),
    ...(optionId !== null && { userPaymentOption: { userPaymentOptionId: optionId } }),
  };
}

function optionBody({ optionId, card, challengeUrl }: TransactionFacts): NuveiBody {
  return { userPaymentOptionId: optionId ?? '', card: card === null ? {} : cardBody(card, challengeUrl) };
}

function cardBody(card: NonNullable<TransactionFacts['card']>, challengeUrl: string | null): NuveiBody {
  return {
    ccCardNumber: `****${card.last4}`,
    last4Digits: card.last4,
    ccExpMonth: String(card.expMonth).padStart(2, '0'),
    ccExpYear: String(card.expYear % 100).padStart(2, '0'),
    cardBrand: card.brand.toUpperCase(),
    cardType: 'Credit',
    threeD: challengeUrl === null ? {} : { acsUrl: challengeUrl, version: '2.1.0' },
  };
}

/**
 * The answer of getTransactionDetails: the transaction in an object of its own, its money as `processedAmount`, the card beside it
 * (as recorded by public integrations, read 2026-11).
 */
export function toDetails(facts: TransactionFacts): NuveiBody {
  return {
    transactionDetails: {
      date: facts.at.toISOString(),
      transactionId: facts.transactionId,
      transactionType: facts.transactionType,
      transactionStatus: facts.transactionStatus,
      ...(facts.relatedTransactionId !== null && { relatedTransactionId: facts.relatedTransactionId }),
      clientUniqueId: facts.clientUniqueId ?? '',
      authCode: facts.authCode,
      processedAmount: facts.amount,
      processedCurrency: facts.currency,
      gwErrorCode: facts.gwErrorCode,
      gwErrorReason: facts.gwErrorReason,
      gwExtendedErrorCode: 0,
      acquiringBankName: 'Simulated bank',
    },
    clientUniqueId: facts.clientUniqueId ?? '',
    paymentOption: optionBody(facts),
  };
}

/** Makes what an answer names good for look-ups. */
export async function registerAttempts(deps: SimulatorDeps, order: Order): Promise<void> {
  const { accountId, id, data } = order.record;
  const records = order.statement.entries
    .filter((entry) => entry.movement.kind === 'ATTEMPT' && isTransaction(entry))
    .flatMap(({ movement, createdAt }): VendorRecord[] => {
      const row = { accountId, data: { orderId: id }, createdAt };
      const attempt = { ...row, id: transactionIdOf(movement.id), kind: 'attempt', bankCode: movement.id, reference: null };
      const { methodId } = movement;
      if (methodId === null || data.optionId !== null) return [attempt];
      return [attempt, { ...row, id: optionIdOf(methodId), kind: 'upo', bankCode: methodId, reference: data.userTokenId }];
    });
  await registerRecords(deps.database, records);
}
