import { now } from '../clock.ts';
import { formatDistance, formatExactly, formatInstant } from '../format/time.ts';

/** An instant in the viewer's zone; the exact one shows on hover. */
export function Instant({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={formatExactly(at)}>
      {formatInstant(at, now())}
    </time>
  );
}

/** How long ago, as of when it was drawn; the exact instant shows on hover. */
export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={formatExactly(at)}>
      {formatDistance(at, now())}
    </time>
  );
}
