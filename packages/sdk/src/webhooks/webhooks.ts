export { type WebhookErrorCode, WebhookGapError, WebhookVerificationError } from './errors.ts';
export {
  isKnownEvent,
  type KnownWebhookEvent,
  type UnknownEventType,
  type UnknownWebhookEvent,
  WEBHOOK_EVENT_TYPES,
  type WebhookData,
  type WebhookEvent,
  type WebhookEventType,
  type WebhookSession,
  type WebhookTransaction,
} from './event.ts';
export type { WebhookHeaders } from './headers.ts';
export { type VerifyOptions, verify, type WebhookBody, type WebhookKeys } from './verify.ts';
