import { AsyncLocalStorage } from 'node:async_hooks';

/** How far the library came with one request. It does not say by its errors whether it had begun to send. */
export interface Handover {
  isHandedOver: boolean;
}

const current = new AsyncLocalStorage<Handover>();

/** Runs one call of the library, whose request then notes itself in `handover`. */
export function watchHandover<T>(handover: Handover, run: () => Promise<T>): Promise<T> {
  return current.run(handover, run);
}

/** The HTTP client has been given the request: from now on bytes may leave. */
export function noteHandover(): void {
  const handover = current.getStore();
  if (handover !== undefined) handover.isHandedOver = true;
}
