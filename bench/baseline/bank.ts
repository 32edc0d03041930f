import { createHash } from 'node:crypto';
import { type Statement, send } from './database.ts';

/** The bank's own: one attempt with a card. The payment's next position is free for one caller only. */
const CONFIRM: Statement = {
  name: 'confirm',
  text: `WITH payment AS (
      UPDATE bank_payments SET scenario = $2
      WHERE client_token_hash = $1 AND canceled_at IS NULL AND expires_at > $3
        AND NOT EXISTS (SELECT FROM bank_movements
          WHERE payment_id = bank_payments.id AND status IN ('succeeded', 'processing', 'challenged'))
        AND (SELECT count(*) FROM bank_movements WHERE payment_id = bank_payments.id) < attempts_max
      RETURNING id, account_id, operation_id, amount),
    used AS (
      INSERT INTO bank_keys (account_id, key, operation_id, attempts, created_at)
      SELECT account_id, 'confirm ' || id || ' ' || $2, operation_id, 1, $3 FROM payment
      ON CONFLICT (account_id, key) DO UPDATE SET attempts = bank_keys.attempts + 1)
    INSERT INTO bank_movements (id, account_id, payment_id, kind, position, amount, status, scenario, brand, last4, exp_month, exp_year,
      created_at)
    SELECT $4, account_id, id, 'ATTEMPT', (SELECT count(*) + 1 FROM bank_movements WHERE payment_id = payment.id), amount, 'succeeded', $2,
      $5, $6, $7, $8, $3
    FROM payment RETURNING id`,
};

/** The one card that the benchmark pays with. */
const CARDS: Readonly<Record<string, { scenario: string; brand: string }>> = {
  '4000009900000111': { scenario: 'never_notified', brand: 'visa' },
};

interface Confirmation {
  readonly token: string;
  readonly card: { readonly number: string; readonly expMonth: number; readonly expYear: number };
}

export async function confirm({ token, card }: Confirmation): Promise<unknown> {
  const known = CARDS[card.number];
  if (known === undefined) throw new Error('The bank does not know this card.');
  const tokenHash = createHash('sha256').update(token).digest('base64url');
  const movementId = `exm_mov_${createHash('sha256').update(`${token} attempt`).digest('base64url').slice(0, 24)}`;
  const values = [
    tokenHash,
    known.scenario,
    new Date(),
    movementId,
    known.brand,
    card.number.slice(-4),
    card.expMonth,
    card.expYear,
  ];
  const moved = await send(CONFIRM, values);
  if (moved.length === 0) throw new Error('The payment takes no attempt.');
  return { status: 'succeeded' };
}
