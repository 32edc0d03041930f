/** What a commit that appended events tells the readers in this process. */
export interface News {
  /** The sessions of the events; events may be of none. */
  readonly sessionIds: readonly string[];
}

export type NewsListener = (news: News) => void;

export interface NewsDesk {
  publish(news: News): void;
  /** Returns what ends the listening. */
  listen(listener: NewsListener): () => void;
}

/** A listener runs within the call that committed, so it must be quick and must not throw. */
export function createNewsDesk(): NewsDesk {
  const listeners = new Set<NewsListener>();
  return {
    publish(news) {
      for (const listener of listeners) listener(news);
    },
    listen(listener) {
      // Of its own, so that one function may listen twice.
      const own: NewsListener = (news) => listener(news);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}

/** Runs a transaction, and publishes its news once it is committed. */
export async function publishAfter<T>(publish: NewsListener, run: (keep: NewsListener) => Promise<T>): Promise<T> {
  const news: News[] = [];
  const value = await run((one) => void news.push(one));
  news.forEach(publish);
  return value;
}
