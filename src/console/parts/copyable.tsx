import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

interface CopyableProps {
  readonly text: string;
  /** What it is, for the button's name: "session id". */
  readonly name: string;
  /** What stands there in its place, where the text itself is for copying only. */
  readonly shown?: string;
}

/** A code with a button that copies it. */
export function Copyable({ text, name, shown = text }: CopyableProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    // Without the right to the clipboard the text can still be selected.
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <span className="copyable">
      <code>{shown}</code>
      <button type="button" className="copy" aria-label={`Copy the ${name}`} onClick={copy} onBlur={() => setCopied(false)}>
        <Icon size={14} aria-hidden="true" />
      </button>
      <span role="status" className="unseen">
        {isCopied ? 'Copied' : ''}
      </span>
    </span>
  );
}
