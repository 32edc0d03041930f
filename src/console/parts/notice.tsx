import { CircleAlert, CircleCheck, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

interface NoticeProps {
  readonly tone: 'good' | 'bad' | 'info';
  readonly children: ReactNode;
}

const ICONS = { good: CircleCheck, bad: CircleAlert, info: Info } as const;

/** A message that is read out when it appears: problems at once, everything else when there is time. */
export function Notice({ tone, children }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden="true" />
      <div>{children}</div>
    </div>
  );
}

/** In the place of what could not be loaded. */
export function LoadFailure({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  return (
    <Notice tone="bad">
      <p>{error.message}</p>
      <Button onClick={retry}>Try again</Button>
    </Notice>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}
