import { refuse, unwrap } from '../endpoint/errors.ts';
import { code } from '../endpoint/text-rules.ts';
import { isId } from '../kernel/ids.ts';
import { findSession, type SessionSelector } from '../sessions/read.ts';
import type { Session } from '../sessions/session.ts';
import { findTransaction, readOutcomeOfSession, type TransactionSelector } from '../transactions/read.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';

type Optional = string | null | undefined;

/** Any of these may come, and all that come must name the same object. */
interface Names {
  readonly id?: Optional;
  readonly code?: Optional;
  readonly token?: Optional;
  readonly providerCode?: Optional;
  readonly merchantInternalTransactionCode?: Optional;
}

export const CODE_IS_ID = 'It is the id.';

/** Of an authorization of a stored method, which has no session and so no token. */
export const serverSessionNames = builder.args((t) => ({
  id: t.string(),
  merchantInternalTransactionCode: t.string(),
  providerCode: t.string(),
  code: t.string({ deprecationReason: CODE_IS_ID }),
}));

export const transactionNames = builder.args((t) => ({
  id: t.string(),
  merchantInternalTransactionCode: t.string(),
  providerCode: t.string(),
  code: t.string({ deprecationReason: CODE_IS_ID }),
  token: t.string({
    description: 'The provider’s token of the session. Alone, it names the outcome of that session.',
    deprecationReason: 'Sessions have tokens: name the transaction by its id.',
  }),
}));

export const sessionNames = builder.args((t) => ({
  id: t.string(),
  merchantInternalTransactionCode: t.string(),
  providerCode: t.string(),
  token: t.string({ description: 'The provider’s token of the session.' }),
  code: t.string({ deprecationReason: CODE_IS_ID }),
}));

export const nameShape = {
  id: code.nullish(),
  code: code.nullish(),
  token: code.nullish(),
  providerCode: code.nullish(),
  merchantInternalTransactionCode: code.nullish(),
};

/** Objects without a reference of the provider are shown with their id in its place, and found by it. */
function byProviderCode(providerCode: string): { id: string } | { providerCode: string } {
  return isId(providerCode) ? { id: providerCode } : { providerCode };
}

export async function findNamedSession(context: AccrupayContext, names: Names): Promise<Session> {
  const scope = requireMerchant(context);
  const { id, code: ownCode, token, providerCode, merchantInternalTransactionCode } = names;
  const selectors: SessionSelector[] = [];
  if (id != null) selectors.push({ id });
  if (ownCode != null) selectors.push({ id: ownCode });
  if (token != null) selectors.push({ clientToken: token });
  if (providerCode != null) selectors.push(byProviderCode(providerCode));
  // Several providers may have a session of this code: beside another name, it is only compared.
  if (merchantInternalTransactionCode != null && selectors.length === 0) selectors.push({ merchantInternalTransactionCode });
  const found = await Promise.all(selectors.map(async (by) => unwrap(await findSession(context.deps, scope, by))));
  const session = same(found, 'SESSION_NOT_FOUND');
  if (isOther(session, merchantInternalTransactionCode)) throw refuse('SESSION_NOT_FOUND', DIFFERENT);
  return session;
}

export async function findNamedTransaction(context: AccrupayContext, names: Names): Promise<Transaction> {
  const scope = requireMerchant(context);
  const { id, code: ownCode, token, providerCode, merchantInternalTransactionCode } = names;
  const selectors: TransactionSelector[] = [];
  if (id != null) selectors.push({ id });
  if (ownCode != null) selectors.push({ id: ownCode });
  if (providerCode != null) selectors.push(byProviderCode(providerCode));
  const session = token == null ? null : await findSessionOfTransaction(context, token);
  // A refund has the code and the session of what it refunds, which alone name the latter: beside another name, both are only compared.
  const isNamed = selectors.length > 0 || session !== null;
  if (merchantInternalTransactionCode != null && !isNamed) selectors.push({ merchantInternalTransactionCode });
  const found = await Promise.all(selectors.map(async (by) => unwrap(await findTransaction(context.deps, scope, by))));
  if (session !== null && found.length === 0) found.push(unwrap(await readOutcomeOfSession(context.deps, scope, session.id)));
  const transaction = same(found, 'TRANSACTION_NOT_FOUND');
  const isOfOtherSession = session !== null && transaction.sessionId !== session.id;
  if (isOfOtherSession || isOther(transaction, merchantInternalTransactionCode)) throw refuse('TRANSACTION_NOT_FOUND', DIFFERENT);
  return transaction;
}

async function findSessionOfTransaction(context: AccrupayContext, clientToken: string): Promise<Session> {
  const found = await findSession(context.deps, requireMerchant(context), { clientToken });
  if (!found.ok) throw refuse('TRANSACTION_NOT_FOUND', 'No session has this token.');
  return found.value;
}

function isOther(found: { merchantInternalTransactionCode: string | null }, code: Optional): boolean {
  return code != null && found.merchantInternalTransactionCode !== code;
}

const DIFFERENT = 'The identifiers do not name one and the same object.';

function same<Found extends { readonly id: string }>(
  found: readonly Found[],
  refusal: 'SESSION_NOT_FOUND' | 'TRANSACTION_NOT_FOUND',
): Found {
  const [first, ...others] = found;
  if (first === undefined) throw refuse('BAD_USER_INPUT', 'Name the object by at least one identifier.');
  if (others.some(({ id }) => id !== first.id)) throw refuse(refusal, DIFFERENT);
  return first;
}
