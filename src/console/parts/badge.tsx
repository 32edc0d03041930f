import type { ReactNode } from 'react';
import type { SessionStatus, TransactionStatus } from '../../generated/console/graphql.ts';
import { SESSION_STATUSES, STATUS_TONES, type Tone, TRANSACTION_STATUSES } from '../format/words.ts';

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

export function StatusBadge({ status }: { readonly status: SessionStatus | TransactionStatus }) {
  return <Badge tone={STATUS_TONES[status]}>{{ ...SESSION_STATUSES, ...TRANSACTION_STATUSES }[status]}</Badge>;
}
