import type { Ending } from './state.ts';

/** A shop may show the page in a frame. It is told what it needs to size the frame and to go on, and nothing that opens anything. */

export type Message =
  | { readonly type: 'resize'; readonly heightPx: number }
  /** Paid, held or stored. Ask your own backend what is true. */
  | { readonly type: 'completed'; readonly sessionId: string }
  /** Nothing more happens on this page. */
  | { readonly type: 'ended'; readonly sessionId: string | null; readonly as: Ending };

export function isFramed(): boolean {
  return window.parent !== window;
}

/** To whoever frames the page. Its policy has decided who may, so the message needs no address. */
export function tellParent(message: Message): void {
  if (isFramed()) window.parent.postMessage({ source: 'tollgate-checkout', ...message }, '*');
}

/** Tells the height now and whenever it changes. Returns how to stop. */
export function tellHeight(element: Element): () => void {
  if (!isFramed()) return () => {};
  const observer = new ResizeObserver(() =>
    tellParent({ type: 'resize', heightPx: Math.ceil(element.getBoundingClientRect().height) }),
  );
  observer.observe(element);
  return () => observer.disconnect();
}
