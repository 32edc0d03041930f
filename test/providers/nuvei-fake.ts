import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '../../src/kernel/ids.ts';
import { createNuveiProvider } from '../../src/providers/nuvei/nuvei.ts';
import {
  type Movement,
  type Provider,
  type ProviderAccount,
  type ProviderCall,
  type ProviderEffect,
  ProviderFailure,
  type SessionKind,
  type SessionReference,
} from '../../src/providers/provider.ts';
import { BARE_MOVEMENT } from '../../src/providers/shapes.ts';

/** What the fake does with one request: answers with fields, with another HTTP status, or not at all. */
export type FakeAnswer = Readonly<Record<string, unknown>> | { readonly http: number; readonly text: string } | 'reset' | 'hang';

export interface FakeRequest {
  readonly method: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, any>>;
}

/** Something on a real port that says what a test tells it to: for what the simulator never says. */
export interface FakeNuvei {
  readonly provider: Provider;
  readonly account: ProviderAccount;
  readonly requests: FakeRequest[];
  /** Fields over those of a successful call. Stays until it is set anew. */
  says(method: string, answer: FakeAnswer): void;
  close(): Promise<void>;
}

export const SECRET = 'SECRET';
export const NOW = new Date('2026-01-15T10:30:00.000Z');
export const WEBHOOK_URL = 'https://gw.example.com/hook';

const SUCCESS = { status: 'SUCCESS', errCode: 0, reason: '', version: '1.0' };
const TOKENS = { sessionToken: '9610a8f6-44cf-4c4f-976a-005da69a2a3b', orderId: '471268418' };

export async function openFakeNuvei(): Promise<FakeNuvei> {
  const answers = new Map<string, FakeAnswer>([
    ['openOrder', TOKENS],
    ['getSessionToken', { sessionToken: 'token-1' }],
  ]);
  const requests: FakeRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const method = /^\/ppp\/api\/v1\/(\w+)\.do$/.exec(request.url ?? '')?.[1] ?? request.url ?? '';
      const text = Buffer.concat(chunks).toString();
      requests.push({ method, text, fields: JSON.parse(text) });
      write(response, answers.get(method) ?? {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    provider: createNuveiProvider({ webhookUrl: () => WEBHOOK_URL }),
    account: accountAt(`http://127.0.0.1:${port}`),
    requests,
    says: (method, answer) => void answers.set(method, answer),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function write(response: ServerResponse, answer: FakeAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { http = 200, text = JSON.stringify({ ...SUCCESS, ...answer }) } = answer as { http?: number; text?: string };
  response.writeHead(http, { 'content-type': 'application/json' }).end(text);
}

export function accountAt(baseUrl: string | null): ProviderAccount {
  return {
    id: 'account',
    merchantId: 'merchant',
    environment: 'TEST',
    provider: 'NUVEI',
    baseUrl,
    credentials: { merchantId: '1234567890123456789', merchantSiteId: '123456', merchantSecretKey: SECRET },
  };
}

export function readOf({ account }: Pick<FakeNuvei, 'account'>, now = NOW): ProviderCall {
  return { account, signal: new AbortController().signal, now };
}

export function effectOf(fake: Pick<FakeNuvei, 'account'>, now = NOW): ProviderEffect {
  const operationId = newId(now);
  return { ...readOf(fake, now), operationId, idempotencyKey: `key-${operationId}`, attempt: 1 };
}

export const SESSION_ID = '019bc0f0-0000-7000-8000-000000000001';

export function sessionOf(kind: SessionKind, state: Record<string, string | null> = {}): SessionReference {
  const amount = kind === 'ADD_PAYMENT_METHOD' ? '0' : '10.00';
  const opened = { sessionToken: TOKENS.sessionToken, clientUniqueId: SESSION_ID, openedAt: NOW.toISOString() };
  return {
    sessionId: SESSION_ID,
    kind,
    providerCode: TOKENS.orderId,
    state: { ...opened, amount, currency: 'USD', storedFor: null, ...state },
  };
}

/** An approved card payment as getPaymentStatus tells it. */
export const APPROVED_SALE = {
  transactionStatus: 'APPROVED',
  transactionType: 'Sale',
  transactionId: '7110000000001884667',
  clientUniqueId: SESSION_ID,
  amount: '10.00',
  currency: 'USD',
  gwErrorCode: 0,
  gwExtendedErrorCode: 0,
  paymentOption: {
    userPaymentOptionId: '53959318',
    card: { bin: '400002', last4Digits: '2535', ccExpMonth: '09', ccExpYear: '30', cardBrand: 'VISA', cardType: 'Debit' },
  },
};

/** The category in which a call failed; 'done' when it did not. */
export async function categoryOf(running: Promise<unknown>): Promise<string> {
  return (await failureOf(running))?.category ?? 'done';
}

export async function failureOf(running: Promise<unknown>): Promise<ProviderFailure | null> {
  try {
    await running;
    return null;
  } catch (thrown) {
    if (thrown instanceof ProviderFailure) return thrown;
    throw thrown;
  }
}

export const MOVEMENT: Movement = {
  ...BARE_MOVEMENT,
  providerCode: '7110000000001884667',
  status: 'succeeded',
  money: { amountMinor: 1000n, currency: 'USD' },
};
