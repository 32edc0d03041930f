import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Null where only its own buttons close it: what it shows could not be seen again. */
  readonly onClose: (() => void) | null;
}

/** A question over the page. The focus stays in it, goes back to where it was, and Escape closes it. */
export function Dialog({ title, children, onClose }: DialogProps) {
  return (
    <Base.Root open disablePointerDismissal={onClose === null} onOpenChange={(isOpen) => (isOpen ? undefined : onClose?.())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog">
          <div className="dialog-head">
            <Base.Title className="dialog-title">{title}</Base.Title>
            {onClose !== null && (
              <Base.Close className="button bare icon-only" aria-label="Close">
                <X size={18} aria-hidden="true" />
              </Base.Close>
            )}
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
