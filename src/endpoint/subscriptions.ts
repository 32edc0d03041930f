import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Operations } from './execution.ts';

/** A value of a subscription's source that names itself. */
interface Named {
  readonly messageId: string | null;
}

const messageIds = new WeakMap<ExecutionResult, string>();

/** The name of the message that a result was made for; undefined for any other result. */
export function messageIdOf(result: ExecutionResult): string | undefined {
  return messageIds.get(result);
}

/** What a resolver of a subscription returns. */
interface Source extends AsyncIterable<Named> {
  /** Resolves when the source has ended, also while nobody takes what it has. */
  readonly ended: Promise<void>;
}

const sourceEnds = new WeakMap<Request, Promise<void>>();

/** Resolves when the source of the subscription that a request opened has ended; undefined for every other request. */
export function sourceEndOf(request: Request): Promise<void> | undefined {
  return sourceEnds.get(request);
}

export interface SubscriptionOptions {
  readonly operations: Pick<Operations, 'refuse'>;
  /** The context of one more message: what was loaded for the one before is old. */
  renew(context: object): object;
}

/**
 * Runs subscriptions: with the checks of every operation before the first message, and each message with a context of its own.
 * They are asked for by POST, and read as `text/event-stream`.
 */
export function runSubscriptions({ operations, renew }: SubscriptionOptions): Plugin {
  return {
    onSubscribe({ args, setSubscribeFn, setResultAndStopExecution }) {
      const { document, contextValue: context, variableValues: variables, operationName } = args;
      const operation = getOperationAST(document, operationName);
      if (!operation) return;
      const problem = problemOf(context.request);
      const refusal =
        problem === null
          ? operations.refuse({ document, operation, context, variables: variables ?? {} })
          : { errors: [problem] };
      if (refusal !== null) return setResultAndStopExecution(refusal);
      setSubscribeFn(async () => {
        const source = await createSourceEventStream(args as ExecutionArgs);
        if (!(Symbol.asyncIterator in source)) return source;
        const messages = source as unknown as Source;
        sourceEnds.set(context.request, messages.ended);
        return mapEach(messages, (message) => run(args as ExecutionArgs, message));
      });
    },
  };

  async function run(args: ExecutionArgs, message: Named): Promise<ExecutionResult> {
    const result = await execute({ ...args, rootValue: message, contextValue: renew(args.contextValue as object) });
    if (message.messageId !== null) messageIds.set(result, message.messageId);
    return result;
  }
}

/** Without a generator, whose `return` would wait for the value that is awaited. */
function mapEach<From, To>(source: AsyncIterable<From>, map: (value: From) => Promise<To>): AsyncIterableIterator<To> {
  const values = source[Symbol.asyncIterator]();
  return {
    async next() {
      const next = await values.next();
      return next.done ? { done: true, value: undefined } : { done: false, value: await map(next.value) };
    },
    async return() {
      await values.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const STREAM_TYPES: readonly string[] = ['text/event-stream', 'text/*', '*/*'];

/** The types that a request names, without their parameters. */
export function acceptedTypes({ headers }: Pick<Request, 'headers'>): readonly string[] {
  const types = (headers.get('accept') || '*/*').split(',');
  return types.map((type) => type.split(';', 1)[0]?.trim().toLowerCase() ?? '');
}

export function acceptsStream(request: Pick<Request, 'headers'>): boolean {
  return acceptedTypes(request).some((type) => STREAM_TYPES.includes(type));
}

function problemOf(request: Request): GraphQLError | null {
  if (request.method !== 'POST') {
    return refused('Send a subscription by POST: an address would carry the credential.', {
      status: 405,
      headers: { allow: 'POST' },
    });
  }
  if (acceptsStream(request)) return null;
  return refused('A subscription is read as a stream. Send `Accept: text/event-stream`.', { status: 406 });
}

function refused(message: string, http: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }) {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http } });
}
