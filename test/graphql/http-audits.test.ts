import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { createAnonymousServer, URL_OF_GRAPHQL } from './server-support.ts';

const { server } = createAnonymousServer();

const audits = serverAudits({
  url: URL_OF_GRAPHQL,
  fetchFn: (url: string, init: RequestInit) => server.fetch(url, init),
});

describe('GraphQL over HTTP on /graphql', () => {
  test.each(audits.filter((audit) => !audit.name.startsWith('MAY')).map((audit) => [audit.name, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn();
      expect('reason' in result ? result.reason : null).toBeNull();
    },
  );
});
