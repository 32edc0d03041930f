import type { OperationState } from '../operations/operation.ts';
import type { EffectKind } from '../providers/provider.ts';
import { nullableInstant } from './builder.ts';
import { defineEnum } from './enums.ts';
import { OperationObject } from './refs.ts';

const OperationKindEnum = defineEnum<EffectKind>('ProviderOperationKind', 'What a provider was asked to do.', {
  START: 'The provider was asked to open a session.',
  CANCEL: 'The provider was asked to end a session that nobody has paid.',
  SETTLE: 'The provider was asked to take held money.',
  VOID: 'The provider was asked to let money go before it is paid out.',
  REFUND: 'The provider was asked to give money back.',
  CHARGE: 'The provider was asked to charge a stored payment method.',
  DETACH: 'The provider was asked to forget a stored payment method.',
});

const OperationStateEnum = defineEnum<OperationState>('ProviderOperationState', 'What is known of a call to a provider.', {
  PENDING: 'No attempt can have had an effect yet.',
  UNKNOWN: 'An attempt may have had its effect, and the gateway keeps asking.',
  DONE: 'The provider has answered.',
  PARKED: 'The gateway has stopped asking, and whoever runs it decides what became of the call.',
});

OperationObject.implement({
  description:
    'One call that changes something at a provider: recorded before it was sent, and sent again under the same key until it is answered.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the call.' }),
    kind: t.expose('kind', { type: OperationKindEnum, description: 'What the provider was asked to do.' }),
    state: t.expose('state', { type: OperationStateEnum, description: 'What is known of the call.' }),
    attempts: t.exposeInt('attempts', { description: 'How many attempts were begun.' }),
    idempotencyKey: t.exposeString('idempotencyKey', { description: 'The key that the provider knows the call by.' }),
    lastFailure: t.exposeString('lastFailure', {
      nullable: true,
      description: 'What went wrong with the last attempt that failed. Null when none did.',
    }),
    request: t.expose('request', {
      type: 'JSONObject',
      nullable: true,
      description: 'What is asked, without personal data and secrets. Null once it was answered, because it is forgotten then.',
    }),
    firstSentAt: t.expose('firstSentAt', nullableInstant('When the first attempt was begun. Null before it.')),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the gateway asks again at the latest. Null once it does not.',
    }),
    doneAt: t.expose('doneAt', nullableInstant('When the provider’s answer was recorded. Null before it.')),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the call was recorded.' }),
  }),
});
