import { maskCardNumbers } from '../kernel/card-number.ts';
import { cleanText, cleanTexts } from '../kernel/text.ts';
import { type Provider, ProviderFailure } from './provider.ts';

/** The members that hold a provider's words. Ids, references and addresses hold digits that stay. */
const WORDS: readonly string[] = ['rawCode', 'failureCode', 'reason', 'type'];

/**
 * The border that every text of a provider crosses: answers, failures and notifications leave it in a form that can be stored,
 * whatever the provider wrote, and its words without card numbers. Nothing behind it needs to clean a text again.
 */
export function withCleanTexts(provider: Provider): Provider {
  return {
    ...provider,
    // Read again each time, as the provider itself has it.
    get capabilities() {
      return provider.capabilities;
    },
    checkAccount: (call) => cleaned(() => provider.checkAccount(call)),
    send: (kind, call, request) => cleaned(() => provider.send(kind, call, request)),
    findByOperation: (kind, call, request) => cleaned(() => provider.findByOperation(kind, call, request)),
    fetchSession: (call, session) => cleaned(() => provider.fetchSession(call, session)),
    fetchMovement: (call, movement) => cleaned(() => provider.fetchMovement(call, movement)),
    fetchDispute: (call, code) => cleaned(() => provider.fetchDispute(call, code)),
    findDisputes: (call, payment) => cleaned(() => provider.findDisputes(call, payment)),
    verifyWebhook: (account, request, now) => maskWords(cleanTexts(provider.verifyWebhook(account, request, now))),
  };
}

async function cleaned<T>(run: () => Promise<T>): Promise<T> {
  try {
    return maskWords(cleanTexts(await run()));
  } catch (thrown) {
    throw thrown instanceof ProviderFailure ? cleanFailure(thrown) : thrown;
  }
}

function cleanFailure(failure: ProviderFailure): ProviderFailure {
  const message = maskCardNumbers(cleanText(failure.message));
  const rawCode = failure.rawCode === null ? null : maskCardNumbers(cleanText(failure.rawCode));
  if (message === failure.message && rawCode === failure.rawCode) return failure;
  const clean = new ProviderFailure(failure.category, message, rawCode);
  clean.cause = failure.cause;
  return clean;
}

/** The value with card numbers blanked in the provider's words, at any depth. */
function maskWords<T>(value: T): T {
  return mask(value) as T;
}

function mask(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(mask);
  const entries = Object.entries(value).map(([name, inner]) => {
    const isWord = typeof inner === 'string' && WORDS.includes(name);
    return [name, isWord ? maskCardNumbers(inner) : mask(inner)];
  });
  return Object.fromEntries(entries);
}
