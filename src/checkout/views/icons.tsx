import type { ComponentChildren } from 'preact';

/** Small drawings. None says anything that words beside it do not say. */

export type IconName = 'check' | 'cross' | 'clock' | 'info' | 'lock' | 'bank';

const DRAWINGS: Readonly<Record<IconName, ComponentChildren>> = {
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  cross: <path d="m7 7 10 10M17 7 7 17" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.25" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  info: (
    <>
      <path d="M12 11v6" />
      <path d="M12 7v.01" />
    </>
  ),
  lock: (
    <>
      <rect x="5" y="10.5" width="14" height="9" rx="2.25" />
      <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
    </>
  ),
  bank: <path d="M4 9.5 12 5l8 4.5M5.5 19h13M7 10.5v6M12 10.5v6M17 10.5v6" />,
};

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {DRAWINGS[name]}
    </svg>
  );
}
