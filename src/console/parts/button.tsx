import type { ButtonHTMLAttributes, ReactNode } from 'react';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly tone?: 'primary' | 'plain' | 'danger' | 'bare';
  /** Shows that the press is being worked on; further presses do nothing. */
  readonly isBusy?: boolean;
  readonly icon?: ReactNode;
}

/** A busy button keeps its place, its width and the focus: it is only deaf. */
export function Button({ tone = 'plain', isBusy = false, icon, children, onClick, className = '', ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${tone} ${className}`}
      aria-disabled={isBusy || rest['aria-disabled']}
      aria-busy={isBusy}
      onClick={(event) => (isBusy ? event.preventDefault() : onClick?.(event))}
    >
      {icon}
      {children}
    </button>
  );
}
