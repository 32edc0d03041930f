/** A change that no test notices, and why that is right. */
interface Survivor {
  /** The line as it is and as the mutant has it. */
  readonly mutant: string;
  readonly reason: string;
}

const NEVER_DELETED = 'The row was recorded before, and none is ever deleted.';
const NO_SESSION = 'Where there is no session, its look-up finds none either.';
const LONG_WAIT = 'It takes twenty seconds of waiting, and no test waits so long.';

/** By file. `npm run prove:mutants` fails where one is missing, and where one does not exist any more. */
export const SURVIVORS: Readonly<Record<string, readonly Survivor[]>> = {
  'src/transactions/transaction.ts': [
    {
      mutant:
        'return isCaptured(transaction) && leftMinor > 0n ? leftMinor : 0n; → return isCaptured(transaction) && leftMinor >= 0n ? leftMinor : 0n;',
      reason: 'Nothing left is zero either way.',
    },
  ],
  'src/transactions/money-call.ts': [
    {
      mutant:
        'const session = target.sessionId === null ? null : await deps.sessions.reference(scope, target.sessionId); → const session = false ? null : await deps.sessions.reference(scope, target.sessionId);',
      reason: NO_SESSION,
    },
    {
      mutant: 'if (replay !== null) return replay; → if (false) return replay;',
      reason: 'A key that was used is found again under the lock: this saves the lock.',
    },
    {
      mutant:
        "if (ended.status === 'ERROR' && action === 'AUTHORIZATION' && sessionId !== null) → if (ended.status === 'ERROR' && action === 'AUTHORIZATION' && true)",
      reason: NO_SESSION,
    },
    {
      mutant:
        'if (target === null) throw new Error(`Transaction ${wanted.target.id} does not exist.`); → if (false) throw new Error(`Transaction ${wanted.target.id} does not exist.`);',
      reason: NEVER_DELETED,
    },
    {
      mutant:
        'if (transaction === null) throw new Error(`Transaction ${id} does not exist.`); → if (false) throw new Error(`Transaction ${id} does not exist.`);',
      reason: NEVER_DELETED,
    },
    {
      mutant:
        'if (parent === null || !isReturnedTwice(parent)) return null; → if (false || !isReturnedTwice(parent)) return null;',
      reason: NEVER_DELETED,
    },
    { mutant: "if (progress === 'busy') { … → if (progress === 'busy') {}", reason: LONG_WAIT },
    { mutant: "if (progress === 'busy') { → if (false) {", reason: LONG_WAIT },
    {
      mutant:
        "return refused(refusal('OPERATION_IN_PROGRESS', 'The same call is still under way.', { transactionId })); → return refused(refusal('OPERATION_IN_PROGRESS', 'The same call is still under way.', {}));",
      reason: LONG_WAIT,
    },
  ],
  'src/transactions/give-back.ts': [
    {
      mutant:
        'if (isUnsettled(status)) await resumeTransaction(deps, scope, id); → if (true) await resumeTransaction(deps, scope, id);',
      reason: 'What has ended stays as it is when it is resumed: this saves two reads.',
    },
  ],
  'src/transactions/end-hold.ts': [
    {
      mutant:
        'if (isOld && authorization.sessionId !== null) await deps.sessions.refresh(scope, authorization.sessionId); → if (isOld && true) await deps.sessions.refresh(scope, authorization.sessionId);',
      reason: NO_SESSION,
    },
  ],
  'src/sessions/due.ts': [
    {
      mutant:
        "return phase === 'authenticating' && graceEndsAt > now && graceEndsAt < polledAt ? graceEndsAt : polledAt; → return phase === 'authenticating' && graceEndsAt > now && graceEndsAt <= polledAt ? graceEndsAt : polledAt;",
      reason: 'Both are the same instant then.',
    },
  ],
};
