import { setTimeout as sleep } from 'node:timers/promises';
import { ensureCustomer, findProviderCustomerCode } from '../customers/store.ts';
import { commit, type Part } from '../database/commit.ts';
import { eventsPart } from '../events/store.ts';
import { addMs } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { encodeJson } from '../kernel/json.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import { type CodeOwner, claimCode, claimPart, codeProvider, listCodeOwners } from '../operations/code-store.ts';
import type { Operation } from '../operations/operation.ts';
import { driveOperation, type Progress, type Recorder, runOperation } from '../operations/run.ts';
import { recordOperation } from '../operations/store.ts';
import type { ProviderAccount, StartSessionRequest } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { tryOpening } from './handlers.ts';
import type { Session, SessionSecrets } from './session.ts';
import type { StartInput } from './start-input.ts';
import { checkStart } from './start-input.ts';
import { findSessionRow, type NewSession, sessionPart } from './store.ts';

export const SESSION_TOKEN_PREFIX = 'cst_';

/** A session, with its secrets where this call opened it; null where they must be read. */
export interface Started {
  readonly session: Session;
  readonly secrets: SessionSecrets | null;
}

/**
 * Starts a session: records it with its intent in one commit, then asks the provider to open it. The same code with the
 * same input returns the same session, whatever has become of it since; `device` is not compared. Refuses with
 * CODE_ALREADY_USED, PROVIDER_ACCOUNT_NOT_FOUND, PROVIDER_ACCOUNT_DISABLED, UNSUPPORTED, AMOUNT_NOT_SUPPORTED,
 * RETURN_URL_NOT_ALLOWED or BAD_USER_INPUT, and then nothing was created. PROVIDER_OUTCOME_UNKNOWN and
 * PROVIDER_UNAVAILABLE leave the session to be resumed by the same call; PROVIDER_REJECTED ends it in ERROR and frees its code.
 */
export async function startSession(deps: Deps, scope: MerchantScope, input: StartInput): Promise<Result<Started>> {
  const fingerprint = fingerprintStart(deps, input);
  const checked = await checkStart(deps, scope, input);
  if (!checked.ok) {
    const earlier = await findEarlierStart(deps, scope, { input, fingerprint });
    return earlier === null ? checked : withoutSecrets(await replayStart(deps, scope, { input, fingerprint, earlier }));
  }
  const recorded = await recordStart(deps, scope, { input, fingerprint, account: checked.value });
  if ('ownerId' in recorded) return withoutSecrets(await replayStart(deps, scope, { input, fingerprint, earlier: recorded }));
  const { operation, session, token } = recorded;
  let started: Started | null = null;
  const progress = await openAtProvider(deps, operation, async (answer) => {
    const opened = await tryOpening(deps, { session, operation, answer });
    if (opened !== null)
      started = { session: opened, secrets: { token, payload: answer.payload, clientToken: answer.clientToken } };
    return opened !== null;
  });
  return started === null ? withoutSecrets(await answerStart(deps, scope, { sessionId: session.id, progress })) : ok(started);
}

function withoutSecrets(result: Result<Session>): Result<Started> {
  return result.ok ? ok({ session: result.value, secrets: null }) : result;
}

/** Brings a start that has no answer yet as far as it can be now. */
export async function resumeStart(deps: Deps, scope: MerchantScope, sessionId: string): Promise<Result<Session>> {
  const progress = await driveOperation(deps, scope, { subjectId: sessionId, kinds: ['START'] });
  return answerStart(deps, scope, { sessionId, progress: progress ?? 'done' });
}

/** Equal for inputs that mean the same session. Devices change between two clicks, and the account is compared by itself. */
function fingerprintStart(deps: Pick<Deps, 'vault'>, input: StartInput): string {
  const { device: _device, ...data } = input.data;
  return deps.vault.fingerprint(encodeJson({ kind: input.kind, data }), 'call');
}

interface RecordedStart {
  readonly operation: Operation<'START'>;
  readonly session: Session;
  readonly token: string;
}

interface Recording {
  readonly input: StartInput;
  readonly fingerprint: string;
  readonly account: ProviderAccount;
}

/** Writes the code, the session, its operation and an event in one commit; or finds the owner of a code that is taken. */
async function recordStart(deps: Deps, scope: MerchantScope, start: Recording): Promise<RecordedStart | CodeOwner> {
  const { input, fingerprint, account } = start;
  const now = deps.clock.now();
  const id = newId(now);
  const { billing, merchantInternalCustomerCode, merchantInternalTransactionCode: code, storePaymentMethod } = input.data;
  const provider = codeProvider(input.dialect, account.provider);
  const claim = { code, provider, ownerKind: 'SESSION', ownerId: id, inputFingerprint: fingerprint } as const;
  const needsCustomer = merchantInternalCustomerCode !== null || storePaymentMethod;
  if (!needsCustomer && provider === null) {
    const recorded = draftStart(deps, scope, { ...start, id, customerId: null, providerCustomerCode: null });
    if (await commit(deps.database.client, claimPart(scope, claim), recorded.parts)) return recorded;
  }
  return deps.database.inTransaction(async (tx) => {
    const owner = await claimCode(tx, scope, claim);
    if (owner !== null) return owner;
    const customer = { id: newId(now), code: merchantInternalCustomerCode, contact: billing, now };
    const customerId = needsCustomer ? await ensureCustomer(tx, scope, customer) : null;
    const known = customerId === null ? null : { providerAccountId: account.id, customerId };
    const providerCustomerCode = known === null ? null : await findProviderCustomerCode(tx, scope, known);
    const recorded = draftStart(deps, scope, { ...start, id, customerId, providerCustomerCode });
    const [first, ...others] = recorded.parts;
    await commit(tx, first, others);
    return recorded;
  });
}

function draftStart(
  deps: Deps,
  scope: MerchantScope,
  start: Recording & { id: string; customerId: string | null; providerCustomerCode: string | null },
): RecordedStart & { readonly parts: readonly [Part, ...Part[]] } {
  const { input, account, id, customerId, providerCustomerCode } = start;
  const now = deps.clock.now();
  const drafted = draftSession(deps, scope, { id, input, account, customerId, now });
  const request = toRequest(drafted, input, providerCustomerCode);
  const intent = { scope, id: newId(now), kind: 'START', subjectId: id, providerAccountId: account.id, request } as const;
  const { operation, part } = recordOperation(deps, intent);
  const event = { type: 'session.created', sessionId: id, customerId, data: { kind: input.kind } } as const;
  const parts = [
    sessionPart(scope, { session: drafted, vault: deps.vault, nextCheckAt: drafted.expiresAt }),
    eventsPart({ scope, source: 'API', now }, [event]),
    part,
  ] as const;
  const { token, billing: _billing, shipping: _shipping, user: _user, device: _device, ...session } = drafted;
  return { operation, session, token, parts };
}

const REASK_PAUSES_MS = [200, 1_000];

/** Opening a session moves no money, so a lost answer is asked for again at once, as long as the caller's patience lasts. */
async function openAtProvider(deps: Deps, operation: Operation<'START'>, record: Recorder<'START'>): Promise<Progress> {
  const patienceEndsAt = addMs(deps.clock.now(), deps.settings.providerDeadlineMs);
  let progress = await runOperation(deps, operation, record);
  for (const pauseMs of REASK_PAUSES_MS) {
    if (progress !== 'unknown' || deps.clock.now() >= patienceEndsAt) return progress;
    await sleep(pauseMs);
    progress = (await driveOperation(deps, scopeOf(operation), { subjectId: operation.subjectId, kinds: ['START'] })) ?? progress;
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

/**
 * What a start that cannot be made now repeats: the same start, whichever provider it went to. At `/graphql`, any other use of the
 * code as well, because it is taken there for all providers.
 */
async function findEarlierStart(
  deps: Pick<Deps, 'database'>,
  scope: MerchantScope,
  { input, fingerprint }: { input: StartInput; fingerprint: string },
): Promise<CodeOwner | null> {
  const tx = deps.database.client;
  const owners = await listCodeOwners(tx, scope, input.data.merchantInternalTransactionCode);
  for (const owner of owners.filter(({ inputFingerprint }) => inputFingerprint === fingerprint)) {
    const session = await findSessionRow(tx, scope, { id: owner.ownerId });
    if (session !== null && isSameAccount(session, input)) return owner;
  }
  return input.dialect === 'GRAPHQL' ? (owners[0] ?? null) : null;
}

function isSameAccount(session: Session, { account }: StartInput): boolean {
  return 'transactionProvider' in account
    ? account.transactionProvider === session.provider
    : account.merchantTransactionProviderId === session.providerAccountId;
}

async function answerStart(
  deps: Pick<Deps, 'database'>,
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
  deps: Pick<Deps, 'settings' | 'provider'>,
  scope: MerchantScope,
  start: { id: string; input: StartInput; account: ProviderAccount; customerId: string | null; now: Date },
): NewSession {
  const { id, input, account, customerId, now } = start;
  const { merchantInternalCustomerCode: _customerCode, ...data } = input.data;
  const lifeMs = Math.min(deps.settings.sessionLifeMs, deps.provider(account.provider).capabilities.sessionLifeMsMax);
  const expiresAt = data.expiresAt ?? addMs(now, lifeMs);
  return {
    ...scope,
    ...data,
    id,
    token: newSecret(SESSION_TOKEN_PREFIX),
    providerAccountId: account.id,
    provider: account.provider,
    kind: input.kind,
    status: 'PENDING',
    phase: 'starting',
    customerId,
    paymentMethodId: null,
    tokenExpiresAt: expiresAt,
    expiresAt,
    attempts: 0,
    providerCode: null,
    providerError: null,
    sealedChallenge: null,
    closingAs: null,
    observedAt: null,
    startedAt: null,
    endedAt: null,
    erasedAt: null,
    dialect: input.dialect,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

function toRequest(session: NewSession, { data }: StartInput, providerCustomerCode: string | null): StartSessionRequest {
  const { id: sessionId, kind, customerId, expiresAt } = session;
  const { merchantInternalTransactionCode, amountMinor, currency, storePaymentMethod, billing, shipping } = data;
  const { description, returnUrl, attemptsMax } = data;
  const money = kind === 'ADD_PAYMENT_METHOD' ? null : { amountMinor, currency };
  const asked = { merchantInternalTransactionCode, currency, storePaymentMethod, billing, shipping, description, returnUrl };
  const deviceIp = data.device?.ip ?? null;
  return { ...asked, sessionId, kind, money, customerId, providerCustomerCode, deviceIp, attemptsMax, expiresAt };
}
