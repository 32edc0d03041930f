import { ExternalLink } from 'lucide-react';
import { KINDS, PROVIDERS } from '../format/words.ts';
import { Card } from '../parts/card.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Facts } from '../parts/facts.tsx';
import { Instant } from '../parts/instant.tsx';
import type { Session } from './actions.ts';

/** What the start agreed on, and who pays. */
export function Details({ session }: { readonly session: Session }) {
  return (
    <>
      <Card title="Details">
        {session.checkoutUrl !== null && (
          <p>
            <a className="button plain" href={session.checkoutUrl} target="_blank" rel="noreferrer">
              <ExternalLink size={16} aria-hidden="true" /> Open the checkout page
            </a>
          </p>
        )}
        <Facts of={factsOf(session)} />
      </Card>
      <Payer session={session} />
    </>
  );
}

function factsOf(session: Session) {
  const { paymentMethod: method, providerCode } = session;
  return [
    ['Session', <Copyable key="id" text={session.id} name="session id" />],
    ['Your code', <Copyable key="code" text={session.merchantInternalTransactionCode} name="code" />],
    ['Provider', PROVIDERS[session.transactionProvider]],
    ['Provider code', providerCode && <Copyable key="provider-code" text={providerCode} name="provider code" />],
    ['Kind', KINDS[session.kind]],
    ['Started', <Instant key="started" at={session.createdAt} />],
    ['Changed', <Instant key="changed" at={session.updatedAt} />],
    ['Ends at the latest', <Instant key="expires" at={session.expiresAt} />],
    ['Attempts', `${session.attempts} of ${session.attemptsMax}`],
    ['Stores the method', 'storePaymentMethod' in session ? (session.storePaymentMethod ? 'Yes' : 'No') : 'Yes'],
    ['Stored method', method && `${method.brand} ending in ${method.last4}, ${method.expMonth}/${method.expYear}`],
    ['Description', session.description],
    ['Returns to', session.returnUrl],
    ...Object.entries(session.metadata).map(([name, value]) => [`metadata.${name}`, String(value)] as const),
  ] as const;
}

function Payer({ session: { billing, customer } }: { readonly session: Session }) {
  if (billing === null && customer === null) return null;
  return (
    <Card title="Payer">
      <Facts
        of={[
          ['Name', billing && `${billing.billingFirstName} ${billing.billingLastName}`.trim()],
          ['E-mail', billing?.billingEmail],
          ['Phone', billing?.billingPhone],
          ['From', billing && [billing.billingAddressCity, billing.billingAddressCountry].filter(Boolean).join(', ')],
          ['Customer', customer?.merchantInternalCustomerCode ?? customer?.id],
          ['Personal data', customer?.isErased === true ? 'Erased' : null],
        ]}
      />
    </Card>
  );
}
