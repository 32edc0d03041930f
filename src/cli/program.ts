import { Command, CommanderError, Option } from 'commander';
import { KEY_KINDS } from '../merchants/api-key.ts';
import { DESCRIPTORS, PROVIDER_NAMES } from '../providers/descriptors.ts';
import { DIALECTS } from '../simulator/accounts.ts';
import { VERSION } from '../version.ts';
import { addCredentialOptions, credentialsOf } from './credential-options.ts';
import { environmentOption, FAILED, NOT_UNDERSTOOD, on, type Session, wholeNumber } from './run-anywhere.ts';
import { serve } from './serve.ts';
import { simulate } from './simulate.ts';
import { PROCESS_TERMINAL, type Terminal } from './terminal.ts';
import { addTools } from './tool-program.ts';
import { addWebhooks } from './webhook-program.ts';

/** Runs one command line and answers the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal = PROCESS_TERMINAL): Promise<number> {
  let exitCode = 0;
  const program = createProgram({
    ...terminal,
    finish(code) {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_UNDERSTOOD;
    terminal.complain(`${(error as Error).message}\n`);
    return FAILED;
  }
}

function createProgram(session: Session): Command {
  const simulated = DIALECTS.map((dialect) => DESCRIPTORS[dialect].label).join(' and ');
  const program = new Command('tollgate').description('A self-hosted GraphQL gateway for payment client sessions.');
  program.version(VERSION).exitOverride();
  // Before the commands are added, which take these settings over.
  program.configureOutput({ writeOut: session.print, writeErr: session.complain });
  program
    .command('serve')
    .description('Run the gateway in this terminal.')
    .action(async () => session.finish(await serve(session)));
  program
    .command('simulate')
    .description(`Run a simulated ${simulated} on this machine, to test against without an account.`)
    .option('--port <number>', 'port to listen on; 0 for any free one', wholeNumber, 4001)
    .option('--webhook-url <url>', 'where webhooks go whose address an account holds')
    .action(async ({ port, webhookUrl }: { port: number; webhookUrl?: string }) =>
      session.finish(await simulate(session, { port, webhookUrl: webhookUrl ?? null })),
    );
  const parts = [addMigrate, addConsole, addMerchant, addKey, addProvider, addWebhooks, addTools, addOperations, addJobs];
  for (const add of parts) add(program, session);
  return program;
}

function addMigrate(program: Command, session: Session): void {
  const migrate = program.command('migrate').description('Bring the database up to date. A start does the same by itself.');
  on(migrate, session, () => ({ name: 'migrate', input: {} }));
}

function addConsole(program: Command, session: Session): void {
  const link = program
    .command('console <merchant>')
    .description('Print a link that signs in to the console once, within an hour.')
    .option('--end-all', 'make no link: end every sign-in of this side and every link that was not used', false)
    .addOption(environmentOption());
  on(link, session, ([merchant], { environment, endAll }) => ({
    name: endAll === true ? 'console end' : 'console link',
    input: { merchant, environment },
  }));
}

function addMerchant(program: Command, session: Session): void {
  const group = program.command('merchant').description('Merchants.');
  const create = group
    .command('create <name>')
    .description('Create a merchant. Payers read the name.')
    .option('--public-id <id>', 'the id that everybody may know (random when left out)')
    .option(
      '--return-origin <origin...>',
      'where returnUrl may lead and who may show the checkout in a frame, such as https://shop.example',
      [],
    );
  on(create, session, ([name], options) => ({
    name: 'merchant create',
    input: { name, publicId: options['publicId'] ?? null, returnOrigins: options['returnOrigin'] ?? [] },
  }));
  on(group.command('list').description('List merchants, oldest first.'), session, () => ({ name: 'merchant list', input: {} }));
}

function addKey(program: Command, session: Session): void {
  const group = program.command('key').description('API keys of a merchant.');
  const create = group
    .command('create <merchant>')
    .description('Make a key and show it, this once.')
    .addOption(environmentOption())
    .addOption(new Option('--kind <kind>', 'what the key opens').choices(KEY_KINDS).default('SECRET'))
    .option('--label <text>', 'what the key is for', '')
    .option('--days <number>', 'end the key after so many days', wholeNumber);
  on(create, session, ([merchant], { environment, kind, label, days }) => ({
    name: 'key create',
    input: { merchant, environment, kind, label, lifeDays: days ?? null },
  }));
  on(group.command('list <merchant>').description('List keys, newest first.'), session, ([merchant]) => ({
    name: 'key list',
    input: { merchant },
  }));
  const revoke = group.command('revoke <merchant> <keyId>').description('End a key for good.');
  on(revoke, session, ([merchant, keyId]) => ({ name: 'key revoke', input: { merchant, keyId } }));
}

function addProvider(program: Command, session: Session): void {
  const group = program.command('provider').description("A merchant's accounts at payment providers.");
  const add = group
    .command('add <merchant> <provider>')
    .description(`Add an account at ${PROVIDER_NAMES.join(', ')}.`)
    .addOption(environmentOption())
    .option('--label <text>', 'a name for people', '')
    .option('--base-url <url>', "another host than the vendor's own (TEST only)");
  on(addCredentialOptions(add), session, ([merchant, provider], { environment, label, baseUrl, ...options }) => ({
    name: 'provider add',
    input: {
      merchant,
      provider: typeof provider === 'string' ? provider.toUpperCase() : null,
      environment,
      label,
      baseUrl: baseUrl ?? null,
      credentials: credentialsOf(options),
    },
  }));
  const change = group
    .command('change <merchant> <accountId>')
    .description('Replace credentials of an account. Those that are not given stay.')
    .option('--base-url <url>', "another host than the vendor's own (TEST only)");
  on(addCredentialOptions(change), session, ([merchant, accountId], { baseUrl, ...options }) => ({
    name: 'provider change',
    input: { merchant, accountId, baseUrl, credentials: credentialsOf(options) },
  }));
  const check = group.command('check <merchant> <accountId>').description('Ask the provider whether it accepts the credentials.');
  on(check, session, ([merchant, accountId]) => ({ name: 'provider check', input: { merchant, accountId } }));
  const list = group.command('list <merchant>').description('List accounts, oldest first.');
  on(list, session, ([merchant]) => ({ name: 'provider list', input: { merchant } }));
  const disable = group.command('disable <merchant> <accountId>').description('Let an account begin nothing new.');
  on(disable, session, ([merchant, accountId]) => ({ name: 'provider disable', input: { merchant, accountId } }));
}

function addOperations(program: Command, session: Session): void {
  const group = program.command('operations').description('Calls to providers that machines could not bring to an end.');
  on(group.command('list').description('List them, oldest first.'), session, () => ({ name: 'operations list', input: {} }));
  const resolve = group
    .command('resolve <operationId>')
    .description('End one by your word, after a look at the provider.')
    .option('--executed <providerCode>', "it was executed, under this reference of the provider's")
    .option('--not-executed', 'it was not, and never will be');
  on(resolve, session, ([operationId], { executed, notExecuted }) => {
    if ((executed === undefined) === (notExecuted === undefined))
      resolve.error('Say either --executed <providerCode> or --not-executed.');
    return { name: 'operations resolve', input: { operationId, providerCode: executed ?? null } };
  });
}

function addJobs(program: Command, session: Session): void {
  const group = program.command('jobs').description('Deferred work that failed, such as processing a webhook.');
  on(group.command('list').description('List it, oldest first.'), session, () => ({ name: 'jobs list', input: {} }));
  const retry = group
    .command('retry [jobId]')
    .description('Let a parked job run again, with all its attempts.')
    .option('--all', 'every parked job');
  on(retry, session, ([jobId], { all }) => {
    if ((jobId === undefined) === (all === undefined)) retry.error('Say either the id of a job or --all.');
    return { name: 'jobs retry', input: { jobId: jobId ?? null } };
  });
  const discard = group.command('discard <jobId>').description('Give a parked job up for good.');
  on(discard, session, ([jobId]) => ({ name: 'jobs discard', input: { jobId } }));
}
