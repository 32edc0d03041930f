import { z } from 'zod';
import type { OwnerCommand } from '../database/owner.ts';
import { readMigrations } from '../database/schema-engine.ts';
import { discardJob, listJobs, retryJobs } from '../jobs/operator.ts';
import { addMs, DAY_MS } from '../kernel/clock.ts';
import type { Json } from '../kernel/json.ts';
import { ok, type Result } from '../kernel/result.ts';
import { KEY_KINDS } from '../merchants/api-key.ts';
import { checkProviderAccount } from '../merchants/check-account.ts';
import { createMerchant } from '../merchants/create-merchant.ts';
import { listProviderAccounts } from '../merchants/find-account.ts';
import { listMerchants } from '../merchants/find-merchant.ts';
import { addProviderAccount, changeProviderAccount, disableProviderAccount } from '../merchants/manage-accounts.ts';
import { createKey, listKeys, revokeKey } from '../merchants/manage-keys.ts';
import { endSignIns } from '../merchants/manage-sign-ins.ts';
import { isReturnOrigin, RETURN_ORIGIN_RULE } from '../merchants/merchant.ts';
import { type AccountRecord, showAccount } from '../merchants/provider-account.ts';
import { listOperations, resolveOperation } from '../operations/operator.ts';
import { PROVIDER_NAMES } from '../providers/descriptors.ts';
import { bad, type Command, command, ofMerchant, ofSide } from './command.ts';
import { makeConsoleLink } from './console-link.ts';
import type { Runtime } from './runtime.ts';
import { WEBHOOK_COMMANDS } from './webhook-commands.ts';

const text = z.string().trim().min(1).max(255);
const { merchant, environment } = ofSide;
const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .refine((url) => new URL(url).origin === url, 'must be an address without a path, such as http://127.0.0.1:4001');
const credentials = z.record(z.string(), z.string().min(1).max(4_096));

/** By name. */
const COMMANDS: Readonly<Record<string, Command>> = {
  migrate: command(z.object({}), async () => ok({ migrations: (await readMigrations()).map(({ name }) => name) })),

  'merchant create': command(
    z.object({
      name: text,
      publicId: z
        .string()
        .regex(/^[\w-]{3,64}$/, 'must be 3 to 64 letters, digits, - or _')
        .nullable(),
      returnOrigins: z.array(z.string().refine(isReturnOrigin, RETURN_ORIGIN_RULE)).max(50),
    }),
    ({ app }, input) => createMerchant(app.deps, input),
  ),
  'merchant list': command(z.object({}), async ({ app }) => ok(await listMerchants(app.deps))),

  'key create': command(
    z.object({
      merchant,
      environment,
      kind: z.enum(KEY_KINDS),
      label: z.string().max(255),
      lifeDays: z.int().min(1).max(3_650).nullable(),
    }),
    ({ app }, { merchant, environment, lifeDays, ...input }) =>
      ofMerchant(app.deps, merchant, async ({ id, publicId }) => {
        const expiresAt = lifeDays === null ? null : addMs(app.deps.clock.now(), lifeDays * DAY_MS);
        const made = await createKey(app.deps, { merchantId: id, environment }, { ...input, expiresAt });
        return made.ok
          ? ok({ key: made.value.text, id: made.value.key.id, merchant: publicId, environment, kind: input.kind, expiresAt })
          : made;
      }),
  ),
  'key list': command(z.object({ merchant }), ({ app }, input) =>
    ofMerchant(app.deps, input.merchant, async ({ id }) =>
      ok((await listKeys(app.deps, { merchantId: id })).map(({ scope, ...key }) => ({ ...key, environment: scope.environment }))),
    ),
  ),
  'key revoke': command(z.object({ merchant, keyId: z.string() }), ({ app }, input) =>
    ofMerchant(app.deps, input.merchant, async ({ id }) => {
      const revoked = await revokeKey(app.deps, { merchantId: id }, input.keyId);
      return revoked.ok ? ok({ keyId: input.keyId }) : revoked;
    }),
  ),

  'provider add': command(
    z.object({
      merchant,
      environment,
      provider: z.enum(PROVIDER_NAMES),
      label: z.string().max(255),
      baseUrl: baseUrl.nullable(),
      credentials,
    }),
    (runtime, { merchant, environment, ...input }) =>
      ofMerchant(runtime.app.deps, merchant, async ({ id }) => {
        if (!runtime.app.registry.names.includes(input.provider)) return bad(`This gateway does not serve ${input.provider}.`);
        const added = await addProviderAccount(runtime.app.deps, { merchantId: id, environment }, input);
        return added.ok ? ok(shown(runtime, added.value)) : added;
      }),
  ),
  'provider change': command(
    z.object({ merchant, accountId: z.string(), baseUrl: baseUrl.optional(), credentials }),
    (runtime, { merchant, ...change }) =>
      ofMerchant(runtime.app.deps, merchant, async ({ id }) => {
        const changed = await changeProviderAccount(runtime.app.deps, id, change);
        return changed.ok ? ok(shown(runtime, changed.value)) : changed;
      }),
  ),
  'provider check': command(z.object({ merchant, accountId: z.string() }), ({ app }, input) =>
    ofMerchant(app.deps, input.merchant, ({ id }) => checkProviderAccount(app.deps, { merchantId: id }, input.accountId)),
  ),
  'provider list': command(z.object({ merchant }), (runtime, input) =>
    ofMerchant(runtime.app.deps, input.merchant, async ({ id }) =>
      ok((await listProviderAccounts(runtime.app.deps, { merchantId: id })).map((account) => shown(runtime, account))),
    ),
  ),
  'provider disable': command(z.object({ merchant, accountId: z.string() }), ({ app }, input) =>
    ofMerchant(app.deps, input.merchant, ({ id }) => disableProviderAccount(app.deps, id, input.accountId)),
  ),

  'console link': command(z.object({ merchant, environment }), ({ app, config }, input) =>
    ofMerchant(app.deps, input.merchant, async ({ id }) => {
      if (!config.hasConsole) return bad('This gateway serves no console: TOLLGATE_CONSOLE is false.');
      return makeConsoleLink(app.deps, { merchantId: id, environment: input.environment });
    }),
  ),
  'console end': command(z.object({ merchant, environment }), ({ app }, input) =>
    ofMerchant(app.deps, input.merchant, async ({ id }) =>
      ok({ ended: await endSignIns(app.deps, { merchantId: id, environment: input.environment }) }),
    ),
  ),

  'operations list': command(z.object({}), async ({ app }) => ok(await listOperations(app.deps))),
  'operations resolve': command(
    z.object({ operationId: z.string(), providerCode: z.string().min(1).nullable() }),
    async ({ app }, { operationId, providerCode }) => {
      const resolution = providerCode === null ? ({ executed: false } as const) : ({ executed: true, providerCode } as const);
      const result = await resolveOperation(app.deps, operationId, resolution);
      if (result === 'resolved') return ok({ operationId, ...resolution });
      const why = {
        'not-found': 'is not among the unsettled ones',
        busy: 'has an attempt under way: try again in a minute',
        'not-resolvable': 'moves no money and can only be called not executed',
      }[result];
      return bad(`Operation ${operationId} ${why}. Run \`tollgate operations list\`.`);
    },
  ),

  'jobs list': command(z.object({}), async ({ app }) => ok(await listJobs(app.deps))),
  'jobs retry': command(z.object({ jobId: z.string().nullable() }), async ({ app }, { jobId }) => {
    const retried = await retryJobs(app.deps, jobId === null ? 'all' : { id: jobId });
    return jobId !== null && retried === 0 ? notParked(jobId) : ok({ retried });
  }),
  'jobs discard': command(z.object({ jobId: z.string() }), async ({ app }, { jobId }) =>
    (await discardJob(app.deps, jobId)) ? ok({ jobId }) : notParked(jobId),
  ),

  ...WEBHOOK_COMMANDS,
};

/** Runs a command on a database that this process owns. */
export async function runCommand(runtime: Runtime, { name, input }: OwnerCommand): Promise<Result<Json>> {
  const found = COMMANDS[name];
  if (found === undefined) return bad(`There is no command ${name}.`);
  const result = await found.run(runtime, input);
  // The way of every answer, so that it looks the same from here and over the socket.
  return result.ok ? ok(JSON.parse(JSON.stringify(result.value)) as Json) : result;
}

/** The same for a caller behind the socket. What breaks is told to the log, and to the caller only that it broke. */
export async function runOwnCommand(runtime: Runtime, command: OwnerCommand): Promise<Json> {
  const result = await runCommand(runtime, command).catch((error: unknown) => {
    runtime.log.error({ command: command.name, error }, 'a command failed');
    throw new Error(`${command.name} failed. The log of the gateway tells why.`);
  });
  if (!result.ok) throw new Error(result.refusal.message);
  runtime.log.info({ command: command.name }, 'a command was run');
  return result.value;
}

function shown({ app }: Runtime, account: AccountRecord) {
  const { merchantId: _, ...rest } = showAccount(app.deps.settings.publicUrl, account);
  return rest;
}

function notParked(jobId: string) {
  return bad(`Job ${jobId} is not among the parked ones. Run \`tollgate jobs list\`.`);
}
