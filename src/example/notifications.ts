import type { BankNotification } from '../bank/notifications.ts';
import type { JobHandler } from '../jobs/job.ts';
import type { Clock } from '../kernel/clock.ts';
import { decodeJson, encodeJson } from '../kernel/json.ts';
import type { AccountDirectory } from '../merchants/find-account.ts';
import { webhookPathOf } from '../merchants/provider-account.ts';
import { encodeNotification, SIGNATURE_HEADER, signNotification } from '../providers/example/webhook.ts';

/** The kind of the jobs that carry the bank's notifications to the gateway. */
export const DELIVER_NOTIFICATION = 'deliver-example-notification';

/** The job of one notification. One that is scheduled again is the same job. */
export function notificationJob(notification: BankNotification) {
  return {
    kind: DELIVER_NOTIFICATION,
    key: `${DELIVER_NOTIFICATION}:${notification.eventId}:${notification.delivery}`,
    payload: { notification: encodeJson(notification) },
    lane: notification.accountId,
    runAt: notification.runAt,
  };
}

/** The bank calls back as any provider would: signed bytes to the account's webhook URL. */
export function createNotifier(parts: {
  readonly clock: Clock;
  readonly accounts: AccountDirectory;
  readonly publicUrl: string;
  readonly send: (request: Request) => Promise<Response>;
}): JobHandler {
  return async (payload) => {
    const notification = decodeJson((payload as { notification: string }).notification) as BankNotification;
    const account = await parts.accounts.findOfProvider('EXAMPLE', notification.accountId);
    if (account === null) return [];
    const body = encodeNotification(notification);
    const signature = signNotification(account.credentials['webhookSecret'] ?? '', body, parts.clock.now());
    const headers = { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature };
    const url = `${parts.publicUrl}${webhookPathOf(account)}`;
    const response = await parts.send(new Request(url, { method: 'POST', body, headers }));
    if (!response.ok) throw new Error(`The gateway returned ${response.status} to its own bank.`);
    return [];
  };
}
