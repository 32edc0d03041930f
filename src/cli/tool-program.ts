import { Argument, type Command } from 'commander';
import { describeAnswer } from './format.ts';
import { type ListenOptions, listen, type TailOptions, tailEvents } from './listen.ts';
import type { RemoteOptions } from './remote.ts';
import type { Session } from './run-anywhere.ts';
import { createStopSignal } from './stop-signal.ts';
import { TRIGGERS, type Trigger, trigger } from './trigger.ts';

/** Tools for whoever builds a shop. They ask a gateway over its API, with a secret key. */
export function addTools(program: Command, session: Session): void {
  const listening = program
    .command('listen')
    .description('Send each event to a receiver on this machine, signed as a webhook, and show its answers.')
    .requiredOption('--forward-to <url>', 'the receiver, such as http://127.0.0.1:3000/hooks');
  onGateway(listening)
    .option('--after <cursor>', 'go on behind this place of the log (its present end when left out)')
    .option('--json', 'print one JSON object for each event')
    .action((options: ListenOptions) => untilStopped(session, (signal) => listen(session, options, signal)));
  const tail = program
    .command('events')
    .description('The log of events.')
    .command('tail')
    .description('Print events as they happen.');
  onGateway(tail)
    .option('--after <cursor>', 'go on behind this place of the log (its present end when left out)')
    .option('--json', 'print one JSON object for each event')
    .action((options: TailOptions) => untilStopped(session, (signal) => tailEvents(session, options, signal)));
  addTrigger(program, session);
}

function addTrigger(program: Command, session: Session): void {
  const names = Object.keys(TRIGGERS);
  const explained = Object.entries(TRIGGERS).map(([name, what]) => `  ${name.padEnd(14)} ${what}`);
  const making = program
    .command('trigger')
    .description('Make something happen in TEST, over the API as a shop and its payer would, and show what was made.')
    .addArgument(new Argument('<what>', 'what is to happen').choices(names))
    .addHelpText('after', `\nWhat can happen:\n${explained.join('\n')}`);
  onGateway(making)
    .option('--json', 'answer as JSON')
    .action(async (what: Trigger, { json, ...options }: RemoteOptions & { readonly json?: boolean }) => {
      const made = await trigger(session, { ...options, what });
      session.print(json === true ? `${JSON.stringify(made)}\n` : describeAnswer(made));
      session.finish(0);
    });
}

function onGateway(command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (its public address in this configuration when left out)')
    .option('--key-file <file>', 'a file with the secret key (TOLLGATE_SECRET_KEY, or the demo merchant’s, when left out)');
}

/** Until the work is done, fails, or a signal ends it, which is no failure. */
async function untilStopped(session: Session, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const stopSignal = createStopSignal(session.environment);
  stopSignal.received().then(
    () => stopping.abort(),
    () => stopping.abort(),
  );
  try {
    await run(stopping.signal);
    session.finish(0);
  } finally {
    stopSignal.forget();
  }
}
