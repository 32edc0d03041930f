import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  CreateWebhookEndpointDocument,
  type CreateWebhookEndpointInput,
  DeleteWebhookEndpointDocument,
  RotateWebhookSecretDocument,
  type RotateWebhookSecretInput,
  UpdateWebhookEndpointDocument,
  type UpdateWebhookEndpointInput,
} from '../../generated/console/graphql.ts';
import { ApiError, ask } from '../api/ask.ts';

/** What a new secret came with: the text is null for a key pair, whose public part the endpoint shows. */
export interface MadeSecret {
  readonly secret: string | null;
  readonly publicKey: string | null;
}

/** A secret is kept in the dialog that shows it and nowhere else. */
const SHOWN_ONCE = { gcTime: 0 } as const;

/** Also after a failure: the request may have been executed, and what is shown may be old. */
function useRefresh(): { readonly onSettled: () => void } {
  const queries = useQueryClient();
  return { onSettled: () => void queries.invalidateQueries({ queryKey: ['endpoints'] }) };
}

export function useCreate() {
  return useMutation({
    mutationFn: async (data: CreateWebhookEndpointInput): Promise<MadeSecret> => {
      const { secret, endpoint } = (await ask(CreateWebhookEndpointDocument, { data })).createWebhookEndpoint;
      return { secret, publicKey: endpoint.publicKey };
    },
    ...useRefresh(),
    ...SHOWN_ONCE,
  });
}

export function useRotate() {
  return useMutation({
    mutationFn: async (data: RotateWebhookSecretInput): Promise<MadeSecret> => {
      const { secret, endpoint } = (await ask(RotateWebhookSecretDocument, { data })).rotateWebhookSecret;
      return { secret, publicKey: endpoint.publicKey };
    },
    ...useRefresh(),
    ...SHOWN_ONCE,
  });
}

export function useUpdate(onSuccess?: () => void) {
  return useMutation({
    mutationFn: (data: UpdateWebhookEndpointInput) => ask(UpdateWebhookEndpointDocument, { data }),
    ...(onSuccess !== undefined && { onSuccess }),
    ...useRefresh(),
  });
}

export function useDelete(onSuccess: () => void) {
  return useMutation({
    mutationFn: (id: string) => ask(DeleteWebhookEndpointDocument, { id }),
    onSuccess,
    ...useRefresh(),
  });
}

/** What is wrong with the URL, as a sentence; null when something else is, or nothing. */
export function urlProblemOf(error: Error | null): string | null {
  const issues = error instanceof ApiError ? error.issues : [];
  const issue = issues.find(({ path }) => path.at(-1) === 'url');
  return issue === undefined ? null : `The URL ${issue.message}`;
}
