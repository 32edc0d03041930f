import { setTimeout as sleep } from 'node:timers/promises';
import { ensureCustomer, findProviderCustomerCode } from '../customers/store.ts';
import { insertEvents } from '../events/store.ts';
import { addMs } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { encodeJson } from '../kernel/json.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import { type CodeOwner, claimCode, findCode } from '../operations/codes.ts';
import type { Deps } from '../operations/deps.ts';
import type { Operation } from '../operations/operation.ts';
import { driveOperation, type Progress, runOperation } from '../operations/run.ts';
import { insertOperation } from '../operations/store.ts';
import type { ProviderAccount, StartSessionRequest } from '../providers/provider.ts';
import type { Session } from './session.ts';
import { checkStart } from './start-check.ts';
import type { StartInput } from './start-input.ts';
import { findSessionRow, insertSession, type NewSession } from './store.ts';

export const SESSION_TOKEN_PREFIX = 'cst_';

/**
 * Starts a session: records it with its intent in one commit, then asks the provider to open it. The same code with the
 * same input returns the same session, whatever has become of it since; `device` is not compared. Refuses with
 * CODE_ALREADY_USED, PROVIDER_ACCOUNT_NOT_FOUND, PROVIDER_ACCOUNT_DISABLED, UNSUPPORTED, AMOUNT_NOT_SUPPORTED,
 * RETURN_URL_NOT_ALLOWED or BAD_USER_INPUT, and then nothing was created. PROVIDER_OUTCOME_UNKNOWN and
 * PROVIDER_UNAVAILABLE leave the session to be resumed by the same call; PROVIDER_REJECTED ends it in ERROR and frees its code.
 */
export async function startSession(deps: Deps, scope: MerchantScope, input: StartInput): Promise<Result<Session>> {
  const fingerprint = fingerprintStart(deps, input);
  const checked = await checkStart(deps, scope, input);
  if (!checked.ok) {
    const earlier = await findCode(deps.database.client, scope, input.data.merchantInternalTransactionCode);
    return earlier === null ? checked : replayStart(deps, scope, { input, fingerprint, earlier });
  }
  const recorded = await recordStart(deps, scope, { input, fingerprint, account: checked.value });
  if ('ownerId' in recorded) return replayStart(deps, scope, { input, fingerprint, earlier: recorded });
  const progress = await openAtProvider(deps, scope, recorded);
  return answerStart(deps, scope, { sessionId: recorded.subjectId, progress });
}

/** Brings a start that has no answer yet as far as it can be now. */
export async function resumeStart(deps: Deps, scope: MerchantScope, sessionId: string): Promise<Result<Session>> {
  const progress = await driveOperation(deps, scope, { subjectId: sessionId, kinds: ['START'] });
  return answerStart(deps, scope, { sessionId, progress: progress ?? 'done' });
}

/** Equal for inputs that mean the same session. Devices change between two clicks, and the account is compared by itself. */
function fingerprintStart(deps: Pick<Deps, 'vault'>, input: StartInput): string {
  const { device: _device, ...data } = input.data;
  return deps.vault.fingerprint(encodeJson({ kind: input.kind, data }));
}

async function recordStart(
  deps: Deps,
  scope: MerchantScope,
  start: { input: StartInput; fingerprint: string; account: ProviderAccount },
): Promise<Operation<'START'> | CodeOwner> {
  const { input, fingerprint, account } = start;
  const now = deps.clock.now();
  const id = newId(now);
  const code = input.data.merchantInternalTransactionCode;
  return deps.database.inTransaction(async (tx) => {
    const owner = await claimCode(tx, scope, { code, ownerKind: 'SESSION', ownerId: id, inputFingerprint: fingerprint });
    if (owner !== null) return owner;
    const { billing, merchantInternalCustomerCode: customerCode, storePaymentMethod } = input.data;
    const needsCustomer = customerCode !== null || storePaymentMethod;
    const customer = { id: newId(now), code: customerCode, contact: billing, now };
    const customerId = needsCustomer ? await ensureCustomer(tx, scope, customer) : null;
    const session = draftSession(deps, scope, { id, input, account, customerId, now });
    await insertSession(tx, scope, { session, vault: deps.vault, nextCheckAt: session.expiresAt });
    const event = { type: 'session.created', sessionId: id, customerId, data: { kind: input.kind } } as const;
    await insertEvents(tx, { scope, source: 'API', now }, [event]);
    const known = customerId === null ? null : { providerAccountId: account.id, customerId };
    const providerCustomerCode = known === null ? null : await findProviderCustomerCode(tx, scope, known);
    const request = toRequest(session, input, providerCustomerCode);
    const operation = { scope, id: newId(now), kind: 'START', subjectId: id, providerAccountId: account.id, request } as const;
    return insertOperation(deps, tx, operation);
  });
}

const REASK_PAUSES_MS = [200, 1_000];

/** Opening a session moves no money, so a lost answer is asked for again at once, as long as the caller's patience lasts. */
async function openAtProvider(deps: Deps, scope: MerchantScope, operation: Operation<'START'>): Promise<Progress> {
  const patienceEndsAt = addMs(deps.clock.now(), deps.settings.providerDeadlineMs);
  let progress = await runOperation(deps, operation);
  for (const pauseMs of REASK_PAUSES_MS) {
    if (progress !== 'unknown' || deps.clock.now() >= patienceEndsAt) return progress;
    await sleep(pauseMs);
    progress = (await driveOperation(deps, scope, { subjectId: operation.subjectId, kinds: ['START'] })) ?? progress;
  }
  return progress;
}

async function replayStart(
  deps: Deps,
  scope: MerchantScope,
  replay: { input: StartInput; fingerprint: string; earlier: CodeOwner },
): Promise<Result<Session>> {
  const { input, fingerprint, earlier } = replay;
  const session =
    earlier.ownerKind === 'SESSION' ? await findSessionRow(deps.database.client, scope, { id: earlier.ownerId }) : null;
  const isSameStart = session !== null && earlier.inputFingerprint === fingerprint && isSameAccount(session, input);
  if (!isSameStart) {
    const code = input.data.merchantInternalTransactionCode;
    const message = `merchantInternalTransactionCode: "${code}" belongs to an earlier call with other input.`;
    return refused(refusal('CODE_ALREADY_USED', message));
  }
  return session.phase === 'starting' ? resumeStart(deps, scope, session.id) : ok(session);
}

function isSameAccount(session: Session, { account }: StartInput): boolean {
  return 'transactionProvider' in account
    ? account.transactionProvider === session.provider
    : account.merchantTransactionProviderId === session.providerAccountId;
}

async function answerStart(
  deps: Deps,
  scope: MerchantScope,
  start: { sessionId: string; progress: Progress },
): Promise<Result<Session>> {
  const { sessionId } = start;
  const session = await findSessionRow(deps.database.client, scope, { id: sessionId });
  if (session === null) throw new Error(`Session ${sessionId} does not exist.`);
  switch (start.progress) {
    case 'done':
      if (session.status !== 'ERROR' || session.providerCode !== null) return ok(session);
      return refused(
        refusal('PROVIDER_REJECTED', `${session.provider} refused to open the session (${session.providerError}).`, {
          sessionId,
        }),
      );
    case 'not-executed':
      return refused(refusal('PROVIDER_UNAVAILABLE', `${session.provider} could not be reached.`, { sessionId }));
    case 'unknown':
      return refused(refusal('PROVIDER_OUTCOME_UNKNOWN', `${session.provider} did not answer in time.`, { sessionId }));
    case 'busy':
      return refused(refusal('OPERATION_IN_PROGRESS', 'The same start is still under way.', { sessionId }));
  }
}

function draftSession(
  deps: Deps,
  scope: MerchantScope,
  start: { id: string; input: StartInput; account: ProviderAccount; customerId: string | null; now: Date },
): NewSession {
  const { id, input, account, customerId, now } = start;
  const { data } = input;
  const lifeMs = Math.min(deps.settings.sessionLifeMs, deps.provider(account.provider).capabilities.sessionLifeMsMax);
  const expiresAt = data.expiresAt ?? addMs(now, lifeMs);
  return {
    ...scope,
    id,
    token: newSecret(SESSION_TOKEN_PREFIX),
    providerAccountId: account.id,
    provider: account.provider,
    kind: input.kind,
    status: 'PENDING',
    phase: 'starting',
    amountMinor: data.amountMinor,
    currency: data.currency,
    storePaymentMethod: data.storePaymentMethod,
    merchantInternalTransactionCode: data.merchantInternalTransactionCode,
    customerId,
    paymentMethodId: null,
    tokenExpiresAt: expiresAt,
    expiresAt,
    attemptsMax: data.attemptsMax,
    attempts: 0,
    providerCode: null,
    providerError: null,
    challengeUrl: null,
    closingAs: null,
    billing: data.billing,
    shipping: data.shipping,
    user: data.user,
    device: data.device,
    description: data.description,
    metadata: data.metadata,
    returnUrl: data.returnUrl,
    observedAt: null,
    startedAt: null,
    endedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

function toRequest(session: NewSession, { data }: StartInput, providerCustomerCode: string | null): StartSessionRequest {
  const { amountMinor, currency } = session;
  return {
    sessionId: session.id,
    kind: session.kind,
    merchantInternalTransactionCode: session.merchantInternalTransactionCode,
    money: session.kind === 'ADD_PAYMENT_METHOD' ? null : { amountMinor, currency },
    currency,
    storePaymentMethod: session.storePaymentMethod,
    customerId: session.customerId,
    providerCustomerCode,
    billing: data.billing,
    shipping: data.shipping,
    deviceIp: data.device?.ip ?? null,
    description: session.description,
    returnUrl: session.returnUrl,
    attemptsMax: session.attemptsMax,
    expiresAt: session.expiresAt,
  };
}
