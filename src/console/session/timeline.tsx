import { formatMoney } from '../format/money.ts';
import { eventWords, SOURCES } from '../format/words.ts';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { Instant } from '../parts/instant.tsx';
import type { Session } from './actions.ts';
import { EventDeliveries } from './event-deliveries.tsx';

/** What happened, oldest first, and who brought the news. */
export function Timeline({ session }: { readonly session: Session }) {
  return (
    <Card title="Timeline">
      <ol className="timeline">
        {session.events.map(({ id, type, source, isAlert, data, deliveries, createdAt }) => (
          <li key={id} className={isAlert ? 'alert' : ''}>
            <p className="timeline-what">
              {eventWords(type)} {isAlert && <Badge tone="bad">Needs attention</Badge>}
            </p>
            <p className="soft">
              {SOURCES[source]} · <Instant at={createdAt} />
            </p>
            <EventFacts data={data} />
            <EventDeliveries deliveries={deliveries} />
          </li>
        ))}
      </ol>
    </Card>
  );
}

function EventFacts({ data }: { readonly data: Readonly<Record<string, unknown>> }) {
  const { amount, currency, ...rest } = data;
  const isMoney = typeof amount === 'string' && typeof currency === 'string' && amount !== '0';
  const money = isMoney ? [['amount', formatMoney(amount, currency)] as const] : [];
  const facts = [...money, ...Object.entries(rest).filter(([, value]) => value !== null && typeof value !== 'object')];
  if (facts.length === 0) return null;
  return (
    <p className="soft event-facts">
      {facts.map(([name, value]) => (
        <span key={name}>
          {name}: <code>{String(value)}</code>
        </span>
      ))}
    </p>
  );
}
