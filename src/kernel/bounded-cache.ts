/** Values by key, of which the least recently used ones go when all together weigh too much. */
export interface BoundedCache<Value> {
  get(key: string): Value | undefined;
  /** Keeps the value, or gives a kept one a new weight. What weighs more than an eighth of the limit is not kept. */
  set(key: string, value: Value, weight: number): void;
  /** Of everything that is kept, never more than the limit. */
  readonly weight: number;
}

/** @param weightMax bounds what is kept, in the unit of the weights; a count of entries would not bound what a caller sends */
export function createBoundedCache<Value>(weightMax: number): BoundedCache<Value> {
  /** The least recently used first: a Map keeps the order of insertion. */
  const entries = new Map<string, { value: Value; weight: number }>();
  let total = 0;

  function remove(key: string): void {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight) {
      remove(key);
      if (weight > weightMax / 8) return;
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= weightMax) break;
        remove(oldest);
      }
    },
    get weight() {
      return total;
    },
  };
}
