/**
 * The tries of this browser at one order of a provider that tells nobody but the gateway how they ended. They are noted where every
 * tab and every reload finds them: while the gateway has not heard of the last one, the form must not invite to pay once more.
 */
export interface Tries {
  /** Before the card is sent. @param heardOf how many attempts the gateway knows */
  begin(heardOf: number): void;
  /** The last one came to nothing, by the provider's own word. */
  close(): void;
  /** Whether the last one may have come to something that the gateway has not heard of. */
  isUnheard(heardOf: number): boolean;
}

interface Noted {
  /** Those before the last one too, which the gateway may hear of late. */
  readonly count: number;
  readonly isOpen: boolean;
}

export function createTries(orderId: string): Tries {
  const name = `tollgate.tried.${orderId}`;
  // Where the browser keeps nothing, this page alone remembers.
  let own: Noted = { count: 0, isOpen: false };
  const read = (): Noted => {
    try {
      const stored = localStorage.getItem(name);
      return stored === null ? own : (JSON.parse(stored) as Noted);
    } catch {
      return own;
    }
  };
  const note = (noted: Noted): void => {
    own = noted;
    try {
      localStorage.setItem(name, JSON.stringify(noted));
    } catch {
      // Then it is not found after a reload, where the gateway's word is all there is.
    }
  };
  return {
    begin: (heardOf) => note({ count: Math.max(read().count, heardOf) + 1, isOpen: true }),
    close: () => note({ ...read(), isOpen: false }),
    isUnheard(heardOf) {
      const { count, isOpen } = read();
      return isOpen && heardOf < count;
    },
  };
}
