import { type App } from '../../src/app.ts';
import { type Config } from '../../src/config.ts';
import type { Result } from '../../src/kernel/result.ts';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { type World } from './world.ts';
export declare const PUBLIC_URL = "http://gateway.test";
export declare const CARDS: {
    readonly approve: "4242424242424242";
    readonly decline: "4000000000000002";
    readonly insufficientFunds: "4000000000009995";
    readonly challenge: "4000000000003220";
    readonly challengeThenDecline: "4000008400001629";
    readonly asyncApprove: "4000009900000012";
    readonly asyncDecline: "4000009900000020";
    readonly lostAfter: "4000009900000038";
    readonly lostBefore: "4000009900000046";
    readonly captureFails: "4000009900000079";
    readonly holdExpires: "4000009900000087";
    readonly noWebhook: "4000009900000111";
};
/** A gateway on a database of its own: the whole app without a port, a clock that stands still, jobs that run when told. */
export interface Gateway extends World {
    readonly app: App;
    /** A merchant of its own with keys and an EXAMPLE account: tests keep apart by it. */
    newMerchant(options?: {
        returnOrigins?: readonly string[];
    }): Promise<TestMerchant>;
    /** Moves the clock and does everything that has become due. */
    pass(durationMs: number): Promise<void>;
}
export interface WireError {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: {
        readonly code: string;
        readonly issues?: readonly {
            readonly path: readonly (string | number)[];
            readonly message: string;
        }[];
        readonly details?: Readonly<Record<string, string>>;
        readonly requestId?: string;
    };
}
export type Data = any;
export interface Answer {
    readonly status: number;
    readonly data: Data;
    readonly errors: readonly WireError[];
}
export interface TestMerchant {
    readonly scope: MerchantScope;
    readonly publicId: string;
    readonly secretKey: string;
    readonly publishableKey: string;
    readonly accountId: string;
    /** Sends a query with the secret key, or with the credential given. */
    query(text: string, variables?: Record<string, unknown>, credential?: string | null): Promise<Answer>;
    /** The data of a query that must not fail. */
    data(text: string, variables?: Record<string, unknown>): Promise<Data>;
    /** The code of the one error that a query must give. */
    code(text: string, variables?: Record<string, unknown>): Promise<string>;
}
export declare function openGateway(options?: {
    config?: Partial<Config>;
    onStep?: (operation: string, step: string) => void;
}): Promise<Gateway>;
export declare function testConfig(): Config;
export declare function must<T>(result: Result<T>): T;
/** What the payer's browser sends to EXAMPLE, and the answer. */
export declare function confirm(app: App, token: string, card: string): Promise<{
    status: number;
    body: Data;
}>;
/** Answers a challenge as a script would. */
export declare function answerChallenge(app: App, challengeUrl: string, result: 'approve' | 'fail' | 'leave'): Promise<Data>;
export declare function newCode(prefix?: string): string;
export declare const BILLING: {
    readonly billingFirstName: "Jane";
    readonly billingLastName: "Smith";
    readonly billingEmail: "jane@example.com";
    readonly billingAddressCountry: "US";
};
export declare const SESSION = "id token status action kind currency merchantInternalTransactionCode transactionProviderId attempts\n  tokenExpiresAt expiresAt providerCode providerError challengeUrl checkoutUrl\n  paymentMethod { id } transactions { id action status amount } events { type source isAlert }";
export declare const TRANSACTION = "id action status amount currency settledAmount refundedAmount hold providerCode failureCode\n  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action }";
declare const KINDS: {
    readonly PAYMENT: "PaymentSession";
    readonly AUTHORIZATION: "AuthorizationSession";
    readonly ADD_PAYMENT_METHOD: "AddPaymentMethodSession";
};
export type Kind = keyof typeof KINDS;
export declare function startText(kind: Kind): string;
export declare function verifyText(kind: Kind): string;
export declare function startInput(kind: Kind, data?: Record<string, unknown>): Record<string, unknown>;
/** Starts a session that must be accepted. */
export declare function start(merchant: TestMerchant, kind: Kind, data?: Record<string, unknown>): Promise<Data>;
export declare function verify(merchant: TestMerchant, kind: Kind, id: string): Promise<Data>;
/** A session that was started, paid with the card and verified. */
export declare function paid(gateway: Gateway, merchant: TestMerchant, wish?: {
    kind?: Kind;
    card?: string;
    data?: Record<string, unknown>;
}): Promise<{
    session: Data;
    transaction: Data;
}>;
export declare const SETTLE = "mutation Settle($by: TransactionSelector!, $amount: BigInt, $key: String) {\n  transaction: settleAuthorization(by: $by, amount: $amount, idempotencyKey: $key) { id action status amount currency settledAmount refundedAmount hold providerCode failureCode\n  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action } } }";
export declare const VOID = "mutation Void($by: TransactionSelector!, $key: String) {\n  transaction: voidAuthorization(by: $by, idempotencyKey: $key) { id action status amount currency settledAmount refundedAmount hold providerCode failureCode\n  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action } } }";
export declare const REFUND = "mutation Refund($by: TransactionSelector!, $amount: BigInt, $key: String) {\n  transaction: refundTransaction(by: $by, amount: $amount, idempotencyKey: $key) { id action status amount currency settledAmount refundedAmount hold providerCode failureCode\n  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action } } }";
export declare const CHARGE = "mutation Charge($data: ChargePaymentMethodInput!) { transaction: chargePaymentMethod(data: $data) { id action status amount currency settledAmount refundedAmount hold providerCode failureCode\n  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action } } }";
export declare const READ_TRANSACTION = "query Read($by: TransactionSelector!) { transaction(by: $by) { id action status amount currency settledAmount refundedAmount hold providerCode failureCode\n  decline { reason advice rawCode } paymentMethod { id } relatedTransaction { id } session { id status action } } }";
export declare const READ_SESSION = "query Read($by: ClientSessionSelector!) { clientSession(by: $by) { id token status action kind currency merchantInternalTransactionCode transactionProviderId attempts\n  tokenExpiresAt expiresAt providerCode providerError challengeUrl checkoutUrl\n  paymentMethod { id } transactions { id action status amount } events { type source isAlert } } }";
export {};
