import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { cardFreeText, code } from '../endpoint/text-rules.ts';
import type { ApiKey, KeyKind } from '../merchants/api-key.ts';
import { createKey, KEYS_IN_FORCE_MAX, KEYS_LISTED_MAX, listKeys, revokeKey } from '../merchants/manage-keys.ts';
import { call, requireMerchant, requireViewer } from './access.ts';
import { builder, nullableInstant } from './builder.ts';
import { defineEnum } from './enums.ts';

const LABEL_LENGTH_MAX = 100;

const ApiKeyKindEnum = defineEnum<KeyKind>('ApiKeyKind', 'What an API key opens.', {
  SECRET: 'It opens everything of its merchant and side, and belongs in backends only.',
  PUBLISHABLE: 'It opens what a browser may see.',
});

const ApiKeyObject = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'A key to this API. Its text was shown once, when it was made, and is stored nowhere.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the key, which opens nothing.' }),
    kind: t.expose('kind', { type: ApiKeyKindEnum, description: 'What the key opens.' }),
    hint: t.exposeString('hint', { description: 'How the text of the key begins and ends, so that people can tell keys apart.' }),
    label: t.exposeString('label', { description: 'What the key is for, in the words of whoever made it. It may be empty.' }),
    isCurrent: t.boolean({
      description: 'Whether this request came with the key, or from a console that was signed in to with it.',
      resolve: ({ id }, _args, context) => {
        const viewer = requireViewer(context);
        return viewer.kind === 'secret' && viewer.keyId === id;
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the key was made.' }),
    expiresAt: t.expose('expiresAt', nullableInstant('When the key ends by itself. Null when it does not.')),
    revokedAt: t.expose('revokedAt', nullableInstant('When the key was revoked. Null while it is in force.')),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the key was last used, exact to a minute. Null before its first use.',
    }),
  }),
});

const CreatedApiKey = builder.objectRef<{ key: ApiKey; text: string }>('CreatedApiKey').implement({
  description: 'A new key with its text, which is shown this once.',
  fields: (t) => ({
    apiKey: t.expose('key', { type: ApiKeyObject, description: 'The key as it is kept.' }),
    text: t.exposeString('text', { description: 'The text of the key, to be sent as bearer token. Nobody can show it again.' }),
  }),
});

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'What a key is made with. It is of the side, TEST or LIVE, that the request came with.',
  fields: (t) => ({
    kind: t.field({ type: ApiKeyKindEnum, required: true, description: 'What the key opens.' }),
    label: t.string({ description: `What the key is for, in up to ${LABEL_LENGTH_MAX} characters.` }),
    expiresAt: t.field({ type: 'DateTime', description: 'When the key ends by itself; never when left out.' }),
  }),
});

const createSchema = z.looseObject({ label: cardFreeText(LABEL_LENGTH_MAX).nullish() });

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [ApiKeyObject],
    description: `The merchant’s keys of this side, newest first, revoked ones included; at most ${KEYS_LISTED_MAX}.`,
    resolve: (_root, _args, context) => listKeys(context.deps, requireMerchant(context)),
  }),
);

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreatedApiKey,
    description: `Makes a key and shows its text, this once. Several keys may be in force at a time, at most ${KEYS_IN_FORCE_MAX} of a side: make the new one, deploy it, then revoke the old one.`,
    args: {
      data: t.arg({
        type: CreateApiKeyInput,
        required: true,
        description: 'What the key is made with.',
        validate: checked(createSchema),
      }),
    },
    resolve: (_root, { data: { kind, label, expiresAt } }, context) =>
      call(context, createKey, { kind, label: label ?? '', expiresAt: expiresAt ?? null }),
  }),
  revokeApiKey: t.field({
    type: ApiKeyObject,
    description:
      'Ends a key of this side for good, and with it every console that was signed in to with it. Safe to repeat. The key of the request itself can be revoked, too.',
    args: { id: t.arg.id({ required: true, description: 'The id of the key.' }) },
    validate: checked(z.looseObject({ id: code })),
    resolve: (_root, { id }, context) => call(context, revokeKey, id),
  }),
}));
