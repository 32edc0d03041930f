import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { toGraphqlError } from '../endpoint/errors.ts';
import { code } from '../endpoint/text-rules.ts';
import { checkProviderAccount } from '../merchants/check-account.ts';
import { readShownAccounts } from '../merchants/find-account.ts';
import type { ShownAccount } from '../merchants/provider-account.ts';
import type { RejectedWebhooks } from '../webhooks/read.ts';
import { REJECTIONS } from '../webhooks/rejection.ts';
import { loadersOf, requireMerchant } from './access.ts';
import { builder, type Fields } from './builder.ts';
import { defineEnum, ProviderEnum } from './enums.ts';

const AccountStatusEnum = defineEnum<ShownAccount['status']>(
  'ProviderAccountStatus',
  'Whether a provider account begins new sessions.',
  {
    ENABLED: 'The account begins new sessions and charges.',
    DISABLED: 'The account begins nothing new, and what it began goes on.',
  },
);

/** GraphQL names have no hyphens. */
const nameOf = (reason: string): string => reason.toUpperCase().replaceAll('-', '_');

const RejectionReasonEnum = defineEnum<string>(
  'WebhookRejectionReason',
  'Why a notification from a provider was refused.',
  Object.fromEntries(Object.entries(REJECTIONS).map(([reason, message]) => [nameOf(reason), message])),
);

const RejectedWebhooksObject = builder.objectRef<RejectedWebhooks>('RejectedWebhooks').implement({
  description:
    'Notifications that reached an account’s address and were refused for one reason. Nothing of them is kept but this.',
  fields: (t) => ({
    reason: t.field({
      type: RejectionReasonEnum,
      description: 'Why they were refused.',
      resolve: ({ reason }) => nameOf(reason),
    }),
    message: t.string({
      description: 'The same in words, with what to do about it.',
      resolve: ({ reason }) => REJECTIONS[reason],
    }),
    count: t.exposeInt('count', { description: 'How many there were.' }),
    firstAt: t.expose('firstAt', { type: 'DateTime', description: 'When the first one came.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When the last one came.' }),
  }),
});

const ProviderAccountObject = builder.objectRef<ShownAccount>('ProviderAccount').implement({
  description:
    'The merchant’s account at a provider, without its credentials. Accounts are added and changed on the command line.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the account.' }),
    transactionProvider: t.expose('provider', { type: ProviderEnum, description: 'The provider.' }),
    label: t.exposeString('label', { description: 'A name for people. It may be empty.' }),
    status: t.expose('status', { type: AccountStatusEnum, description: 'Whether it begins new sessions.' }),
    isDefault: t.exposeBoolean('isDefault', { description: 'Whether it is meant where only the provider is named.' }),
    baseUrl: t.exposeString('baseUrl', {
      nullable: true,
      description: 'The host that stands in for the vendor’s own, such as a simulator. Null for the vendor itself.',
    }),
    webhookUrl: t.exposeString('webhookUrl', {
      description: 'The address to give to the provider for its notifications. Its last part is a secret.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was added.' }),
    ...health(t),
  }),
});

/** How the account fares, from what is on record: no provider is asked. */
function health(t: Fields<ShownAccount>) {
  return {
    lastWebhookAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a verified notification came last. Null when none ever did.',
      resolve: async ({ id }, _args, context) => (await loadersOf(context).lastWebhookOfAccount(id)) ?? null,
    }),
    rejectedWebhooks: t.field({
      type: [RejectedWebhooksObject],
      description: 'Notifications that were refused, a line for each reason, the latest first.',
      resolve: async ({ id }, _args, context) => (await loadersOf(context).rejectedWebhooksOfAccount(id)) ?? [],
    }),
    unansweredOperations: t.int({
      description: 'How many calls have no answer yet and are asked about again by the gateway.',
      resolve: async ({ id }, _args, context) => (await loadersOf(context).unansweredOfAccount(id))?.open ?? 0,
    }),
    parkedOperations: t.int({
      description: 'How many calls the gateway has stopped asking about: whoever runs it decides what became of them.',
      resolve: async ({ id }, _args, context) => (await loadersOf(context).unansweredOfAccount(id))?.parked ?? 0,
    }),
  };
}

const AccountCheckObject = builder
  .objectRef<{ isAccepted: boolean; finding: string; checkedAt: Date }>('ProviderAccountCheck')
  .implement({
    description: 'What a provider said when it was asked about an account.',
    fields: (t) => ({
      isAccepted: t.exposeBoolean('isAccepted', { description: 'Whether the provider answered and accepts the credentials.' }),
      finding: t.exposeString('finding', { description: 'What was found and what to do about it, for people.' }),
      checkedAt: t.expose('checkedAt', { type: 'DateTime', description: 'When the provider was asked.' }),
    }),
  });

builder.queryField('providerAccounts', (t) =>
  t.field({
    type: [ProviderAccountObject],
    description: 'The merchant’s provider accounts of this side, oldest first, disabled ones included; at most 1000.',
    resolve: (_root, _args, context) => readShownAccounts(context.deps, requireMerchant(context)),
  }),
);

builder.mutationField('checkProviderAccount', (t) =>
  t.field({
    type: AccountCheckObject,
    description:
      'Asks the provider one harmless question with the account’s credentials. That they are refused is an answer and not an error. Changes nothing.',
    args: { id: t.arg.id({ required: true, description: 'The id of the account.' }) },
    validate: checked(z.looseObject({ id: code })),
    resolve: async (_root, { id }, context) => {
      const { deps } = context;
      const checked = await checkProviderAccount(deps, requireMerchant(context), id);
      const checkedAt = deps.clock.now();
      if (checked.ok) return { isAccepted: true, finding: checked.value.finding, checkedAt };
      const { code: why, message } = checked.refusal;
      if (why !== 'PROVIDER_REJECTED' && why !== 'PROVIDER_UNAVAILABLE') throw toGraphqlError(checked.refusal);
      return { isAccepted: false, finding: message, checkedAt };
    },
  }),
);
