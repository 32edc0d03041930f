/** One thing that is wrong with an input, with the path from the argument down to the value. */
export interface TollgateIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface TollgateErrorFacts {
  /** Stable: compare this, not the message. The gateway's docs/errors.md lists every code. */
  readonly code: string;
  readonly message: string;
  readonly issues: readonly TollgateIssue[];
  readonly details: Readonly<Record<string, string>>;
  readonly requestId: string | null;
}

/** The gateway refused the call, or the call was wrong before it was sent. A declined payment is not an error. */
export class TollgateError extends Error {
  readonly code: string;
  /** Every problem of a BAD_USER_INPUT, each with its path. */
  readonly issues: readonly TollgateIssue[];
  /** Ids that help to go on, such as the session's id. */
  readonly details: Readonly<Record<string, string>>;
  /** What the operator of the gateway needs to find the call in the logs. */
  readonly requestId: string | null;

  constructor(facts: TollgateErrorFacts) {
    super(facts.message);
    this.name = 'TollgateError';
    this.code = facts.code;
    this.issues = facts.issues;
    this.details = facts.details;
    this.requestId = facts.requestId;
  }
}

/** The gateway did not answer after every retry. Whether it acted is not known: repeating the same call is safe. */
export class TollgateNetworkError extends Error {
  /** How often the call was sent. */
  readonly attempts: number;
  /** The status of the last answer; null when there was none. */
  readonly status: number | null;

  constructor(message: string, facts: { attempts: number; status: number | null; cause?: unknown }) {
    super(message, { cause: facts.cause });
    this.name = 'TollgateNetworkError';
    this.attempts = facts.attempts;
    this.status = facts.status;
  }
}

/** A call that cannot be sent as it is, refused before any network. */
export function inputError(path: readonly string[], message: string): TollgateError {
  return new TollgateError({ code: 'BAD_USER_INPUT', message, issues: [{ path, message }], details: {}, requestId: null });
}
