import { type EffectKind, type EffectShapes, type Movement, type Provider, type ProviderAccount, type ProviderCall, type ProviderEffect, type SessionKind, type SessionOutcome, type SessionReference, type StartedSession, type StartSessionRequest, type WebhookRequest } from '../../src/providers/provider.ts';
import type { TestClock } from '../support/clock.ts';
/** How the payer's card behaves, in words that every provider's test mode has a card for. */
export type Behaviour = 'approve' | 'decline' | 'challenge' | 'answer-lost' | 'request-lost' | 'notified-twice' | 'notified-out-of-order';
/** One provider with everything around it that a test can move: its clock, its payers and what it delivers. */
export interface ProviderLab {
    readonly provider: Provider;
    readonly account: ProviderAccount;
    readonly clock: TestClock;
    /** What the payer's browser does, tried until the provider has executed it. */
    pay(started: StartedSession, behaviour: Behaviour): Promise<void>;
    answerChallenge(challengeUrl: string, result: 'approve' | 'fail'): Promise<void>;
    /** Every delivery owed for a session, in the order of arrival, signed now. */
    deliveries(providerCode: string): readonly WebhookRequest[];
    close(): Promise<void>;
}
export declare const USD_1000: {
    readonly amountMinor: 1000n;
    readonly currency: "USD";
};
export declare function read(lab: ProviderLab): ProviderCall;
export declare function newEffect(lab: ProviderLab): ProviderEffect;
export declare function startRequest(lab: ProviderLab, kind?: SessionKind): StartSessionRequest;
export interface LabSession {
    readonly started: StartedSession;
    readonly reference: SessionReference;
}
export declare function start(lab: ProviderLab, kind?: SessionKind): Promise<LabSession>;
/** A session that a payer has tried, and how it stands then. */
export declare function startAndPay(lab: ProviderLab, behaviour: Behaviour, kind?: SessionKind): Promise<LabSession & {
    outcome: SessionOutcome;
}>;
export declare function lastAttempt(outcome: SessionOutcome): Movement;
/** The request of a settle, void or refund of the session's last attempt. */
export declare function moveOf({ reference, outcome }: LabSession & {
    outcome: SessionOutcome;
}, amountMinor?: bigint): {
    transactionId: `${string}-${string}-${string}-${string}-${string}`;
    providerCode: string;
    session: SessionReference;
    money: {
        amountMinor: bigint;
        currency: string;
    };
    reason: null;
};
/** The category in which a call failed; 'done' when it did not. */
export declare function sendFor<Kind extends EffectKind>(lab: ProviderLab, kind: Kind, { request, effect }: {
    request: EffectShapes[Kind]['request'];
    effect?: ProviderEffect;
}): Promise<string>;
