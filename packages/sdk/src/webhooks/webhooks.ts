export { WEBHOOK_ERROR_CODES, type WebhookErrorCode, WebhookGapError, WebhookVerificationError } from './errors.ts';
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
export { createInbox, createMemoryStore, type HandledEvent, type Inbox, type InboxOptions, type SequenceStore } from './inbox.ts';
export type { EventReader } from './missed.ts';
export { type VerifyOptions, verify, type WebhookBody, type WebhookKeys } from './verify.ts';
