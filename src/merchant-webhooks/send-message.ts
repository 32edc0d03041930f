import type { Deps } from './deps.ts';
import type { WebhookEndpoint } from './endpoint.ts';
import { signingKeys } from './keys.ts';
import type { PostOutcome } from './post.ts';
import { signMessage } from './signing.ts';

/** Signs a message by the secrets of its endpoint and sends it once. Throws where a secret cannot be opened. */
export function sendMessage(
  deps: Pick<Deps, 'poster' | 'vault'>,
  endpoint: WebhookEndpoint,
  message: { readonly id: string; readonly at: Date; readonly body: string; readonly signal?: AbortSignal },
): Promise<PostOutcome> {
  const { id, at, body, signal } = message;
  const { id: endpointId, environment, url } = endpoint;
  const headers = { ...signMessage({ id, sentAt: at, body }, signingKeys(deps.vault, endpoint, at)) };
  return deps.poster.post({ endpointId, environment, url, headers, body, ...(signal !== undefined && { signal }) });
}
