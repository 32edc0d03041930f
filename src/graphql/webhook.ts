import { checked } from '../endpoint/checked.ts';
import { connect, listInput } from '../endpoint/paging.ts';
import { countWebhooks, listWebhooks, type ReceivedWebhook, type WebhookVerdict } from '../webhooks/read.ts';
import { requireMerchant } from './access.ts';
import { builder, nullableInstant } from './builder.ts';
import { defineConnection, pagingArgs } from './connection.ts';
import { defineEnum } from './enums.ts';

const WebhookVerdictEnum = defineEnum<WebhookVerdict>(
  'WebhookVerdict',
  'What became of a verified notification from a provider.',
  {
    RECEIVED: 'It was stored, and nobody has looked at what it names yet.',
    PROCESSED: 'The provider was asked again about what it names.',
    IGNORED: 'It names nothing that the gateway knows.',
  },
);

const WebhookObject = builder.objectRef<ReceivedWebhook>('ReceivedWebhook').implement({
  description: 'A notification from a provider that passed its check. Its body is not kept: the provider is asked again instead.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the notification.' }),
    transactionProviderId: t.exposeID('providerAccountId', { description: 'The id of the provider account that it came to.' }),
    eventId: t.exposeString('eventId', { description: 'The provider’s own id of what happened.' }),
    type: t.exposeString('type', { description: 'The provider’s word for what happened.' }),
    verdict: t.expose('verdict', { type: WebhookVerdictEnum, description: 'What became of it.' }),
    providerCodes: t.stringList({
      description: 'What it names, by the provider’s references.',
      resolve: ({ providerCodes }) => [...providerCodes],
    }),
    deliveries: t.exposeInt('deliveries', { description: 'How often it came. Only the first delivery is looked at.' }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime', description: 'When it came first.' }),
    processedAt: t.expose('processedAt', nullableInstant('When the gateway had dealt with it. Null before.')),
  }),
});

const WebhookConnection = defineConnection('ReceivedWebhook', WebhookObject, 'notifications');

builder.queryField('receivedWebhooks', (t) =>
  t.field({
    type: WebhookConnection,
    description:
      'Notifications from providers that passed their check, newest first. Those that did not are counted at their provider account.',
    args: pagingArgs,
    validate: checked(listInput({})),
    resolve: (_root, paging, context) => {
      const scope = requireMerchant(context);
      return connect(
        paging,
        (page) => listWebhooks(context.deps, scope, page),
        () => countWebhooks(context.deps, scope),
      );
    },
  }),
);
