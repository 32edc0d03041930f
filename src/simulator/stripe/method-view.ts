import type { BankMovementView } from '../../bank/payment.ts';
import type { BankEntry } from '../../bank/statement.ts';
import type { SimulatorDeps } from '../deps.ts';
import { wordId } from '../ids.ts';
import { readRecord } from '../record-store.ts';
import type { View } from './views.ts';

/** A PaymentMethod: a card that was typed once, and whose it is while it is stored. */

export interface MethodState {
  /** The attempt that it was typed for. */
  readonly movement: BankMovementView;
  readonly createdAt: Date;
  /** The bank's stored method; null when it was never stored. */
  readonly methodId: string | null;
  /** Null when it was never attached, or is detached. */
  readonly customer: string | null;
}

export async function readMethodState(deps: SimulatorDeps, accountId: string, id: string): Promise<MethodState | null> {
  const record = await readRecord(deps.database.client, accountId, id);
  if (record?.kind !== 'payment_method' || record.bankCode === null) return null;
  const movement = await deps.bank.readMovement(accountId, record.bankCode);
  return movement.ok ? methodStateOf(deps, accountId, { movement: movement.value, createdAt: record.createdAt }) : null;
}

export async function methodStateOf(
  deps: SimulatorDeps,
  accountId: string,
  { movement, createdAt }: Pick<BankEntry, 'movement' | 'createdAt'>,
): Promise<MethodState> {
  const { methodId } = movement;
  const method = methodId === null ? null : await deps.bank.readMethod(accountId, methodId);
  const isAttached = method?.ok === true && !method.value.isDetached;
  return { movement, createdAt, methodId, customer: isAttached ? method.value.customerReference : null };
}

/** Null for an id that names none. */
export async function methodView(deps: SimulatorDeps, accountId: string, id: string): Promise<View | null> {
  const state = await readMethodState(deps, accountId, id);
  return state && toMethodView(id, state);
}

export function toMethodView(id: string, { movement, createdAt, customer }: MethodState): View {
  const { card } = movement;
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: {
      brand: card?.brand ?? null,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card?.brand ?? null,
      exp_month: card?.expMonth ?? null,
      exp_year: card?.expYear ?? null,
      fingerprint: wordId('', card?.brand ?? '', card?.last4 ?? '').slice(0, 16),
      funding: 'credit',
      generated_from: null,
      last4: card?.last4 ?? null,
      networks: { available: [card?.brand ?? 'visa'], preferred: null },
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: Math.floor(createdAt.getTime() / 1000),
    customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}
