import type { ExecutionResult } from 'graphql';
import { processRegularResult } from 'graphql-yoga';

/** What Yoga makes a response of, in place of the Fetch API's. */
export class PlainResponse {
  readonly body: string;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(body: string, { status, headers }: { status: number; headers: Record<string, string> }) {
    this.body = body;
    this.status = status;
    this.headers = headers;
  }
}

export function toPlainResponse(result: ExecutionResult, mediaType: string): PlainResponse {
  return processRegularResult(result, { Response: PlainResponse } as never, mediaType) as unknown as PlainResponse;
}
