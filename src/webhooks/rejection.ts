import type { WebhookRejection } from '../providers/provider.ts';

/** Why a notification is refused, for people at the merchant and at the provider. */
export const REJECTIONS: Readonly<Record<WebhookRejection, string>> = {
  unsigned: 'The notification is not signed, or the account has no secret to check it with.',
  'wrong-signature':
    'None of the account’s secrets makes this signature: the secret is of another endpoint, or the content was changed.',
  'changed-body': 'The secret is right, but the body was rewritten on the way. Let proxies pass it byte for byte.',
  stale: 'It was signed more than five minutes ago or ahead: a clock is wrong, or it was held back.',
  malformed: 'The notification cannot be read.',
  'wrong-account': 'It is signed, but meant for another account or for the other environment.',
};
