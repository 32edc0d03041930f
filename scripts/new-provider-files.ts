/** The function that makes the adapter. */
export function creatorOf(name: string): string {
  return `create${titleOf(name)}Provider`;
}

function titleOf(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

/** The files of a new provider by path. */
export function filesOf(name: string): Readonly<Record<string, string>> {
  const texts = {
    [`src/providers/${name}/descriptor.ts`]: DESCRIPTOR,
    [`src/providers/${name}/${name}.ts`]: ADAPTER,
    [`test/providers/${name}-lab.ts`]: LAB,
    [`test/providers/${name}.test.ts`]: TEST,
  };
  const fill = (text: string) =>
    text.replaceAll('ACME', name.toUpperCase()).replaceAll('Acme', titleOf(name)).replaceAll('acme', name);
  return Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, fill(text)]));
}

const DESCRIPTOR = `import type { ProviderDescriptor } from '../descriptor.ts';

const SECRET_KEY = { pattern: /^\\S{8,255}$/, problem: 'secretKey: 8 to 255 characters without spaces are needed.' };

export const ACME: ProviderDescriptor = {
  label: 'Acme',
  description: 'Payments run through Acme.',
  isTestOnly: false,
  credentials: {
    secretKey: { hint: 'secret key', form: { TEST: SECRET_KEY, LIVE: SECRET_KEY }, sample: { prefix: '' } },
  },
  contentSources: {},
};
`;

const ADAPTER = `import { DAY_MS } from '../../kernel/clock.ts';
import type { OutboundFetch } from '../../kernel/proxy.ts';
import { type Capabilities, type Provider, ProviderFailure } from '../provider.ts';
import { ACME } from './descriptor.ts';

export interface AcmeDeps {
  /** How long one request may take. */
  readonly deadlineMs: number;
  /** The way through a proxy; null for a direct one. */
  readonly outboundFetch: OutboundFetch | null;
}

/** Everything, so that the conformance suite asks for all of it. Take out what the vendor does not offer. */
const CAPABILITIES: Capabilities = {
  sessionKinds: ['PAYMENT', 'ADD_PAYMENT_METHOD', 'AUTHORIZATION'],
  effects: ['START', 'CANCEL', 'SETTLE', 'VOID', 'REFUND', 'CHARGE', 'DETACH'],
  sessionLifeMsMax: DAY_MS,
  voidsPayments: true,
  holdsStored: true,
  limitsAttempts: true,
  disputes: 'by-payment',
  idempotency: { mode: 'replay', windowMs: DAY_MS, settleDelayMs: 0 },
};

/** Acme behind the port. */
export function createAcmeProvider(_deps: AcmeDeps): Provider {
  return {
    name: 'ACME',
    descriptor: ACME,
    capabilities: CAPABILITIES,
    checkAccount: () => missing('checkAccount'),
    checkAmount: () => missingWords('checkAmount'),
    baseConfig: ({ provider, environment }) => ({ provider, environment }),
    send: (kind) => missing(\`send \${kind}\`),
    findByOperation: (kind) => missing(\`findByOperation \${kind}\`),
    fetchSession: () => missing('fetchSession'),
    fetchMovement: () => missing('fetchMovement'),
    fetchDispute: () => missing('fetchDispute'),
    findDisputes: () => missing('findDisputes'),
    verifyWebhook: () => ({ isVerified: false, rejection: 'unsigned' }),
  };
}

async function missing(what: string): Promise<never> {
  throw new ProviderFailure('UNSUPPORTED', missingWords(what));
}

function missingWords(what: string): string {
  return \`ACME is missing: \${what}. Write it in src/providers/acme.\`;
}
`;

const LAB = `import { randomUUID } from 'node:crypto';
import { createAcmeProvider } from '../../src/providers/acme/acme.ts';
import { ACME } from '../../src/providers/acme/descriptor.ts';
import { makeSamples } from '../../src/providers/credentials.ts';
import { createTestClock } from '../support/clock.ts';
import type { ProviderLab } from './lab.ts';

/** The adapter against something that responds like the vendor, such as a dialect of the simulator: see stripe-lab.ts. */
export async function openAcmeLab(): Promise<ProviderLab> {
  return {
    provider: createAcmeProvider({ deadlineMs: 5_000, outboundFetch: null }),
    account: {
      id: randomUUID(),
      merchantId: randomUUID(),
      environment: 'TEST',
      provider: 'ACME',
      baseUrl: null,
      credentials: makeSamples(ACME),
    },
    clock: createTestClock(),
    pay: () => missing('pay'),
    answerChallenge: () => missing('answerChallenge'),
    deliveries: () => missing('deliveries'),
    lacks: [],
    publicCredentials: [],
    tamper: (delivery) => ({ ...delivery, rawBody: new Uint8Array() }),
    unsign: (delivery) => ({ ...delivery, headers: {} }),
    deliveriesGoStale: true,
    unknown: (reference) => ({ ...reference, providerCode: 'unknown' }),
    close: async () => {},
  };
}

async function missing(what: string): Promise<never> {
  throw new Error(\`The lab is missing: \${what}. Write it in test/providers/acme-lab.ts.\`);
}
`;

const TEST = `import { openAcmeLab } from './acme-lab.ts';
import { describeProvider } from './conformance.ts';

describeProvider('ACME', openAcmeLab);
`;
