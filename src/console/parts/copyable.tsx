import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';

const WORDS = { idle: '', copied: 'Copied', selected: 'Selected. Copy it with the keyboard.' } as const;

interface CopyableProps {
  readonly text: string;
  /** What it is, for the button's name: "session id". */
  readonly name: string;
  /** What stands there in its place, where the text itself is for copying only. */
  readonly shown?: string;
}

/** A code with a button that copies it, or selects it where the browser gives no clipboard, as without TLS. */
export function Copyable({ text, name, shown = text }: CopyableProps) {
  const code = useRef<HTMLElement>(null);
  const [state, setState] = useState<'idle' | 'copied' | 'selected'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      flushSync(() => setState('selected'));
      if (code.current !== null) window.getSelection()?.selectAllChildren(code.current);
    }
  };
  const Icon = state === 'copied' ? Check : Copy;
  return (
    <span className="copyable">
      <code ref={code}>{state === 'selected' ? text : shown}</code>
      <button
        type="button"
        className="copy"
        aria-label={`Copy the ${name}`}
        onClick={() => void copy()}
        onBlur={() => setState('idle')}
      >
        <Icon size={14} aria-hidden="true" />
      </button>
      <span role="status" className={state === 'selected' ? 'hint' : 'unseen'}>
        {WORDS[state]}
      </span>
    </span>
  );
}
