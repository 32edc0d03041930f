import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';

/** The credentials that providers ask for, by the option that takes each. Which provider needs which, the provider says itself. */
const OPTIONS = {
  secretKey: ['--secret-key <key>', 'STRIPE: sk_… or rk_…'],
  publishableKey: ['--publishable-key <key>', 'STRIPE: pk_…'],
  webhookSecret: ['--webhook-secret <secret...>', 'STRIPE: whsec_… of the webhook endpoint; several while it is rotated'],
  merchantId: ['--merchant-id <id>', 'NUVEI: id of the merchant'],
  merchantSiteId: ['--merchant-site-id <id>', 'NUVEI: id of the merchant’s site'],
  merchantSecretKey: ['--merchant-secret-key <key>', 'NUVEI: secret key of the site'],
} as const satisfies Readonly<Record<string, readonly [flags: string, description: string]>>;

/** Adds an option for every credential. `@file` instead of a value reads it from a file, so that it stands in no history. */
export function addCredentialOptions(command: Command): Command {
  for (const [flags, description] of Object.values(OPTIONS)) {
    command.option(flags, `${description} (@file reads it from a file)`, readValue);
  }
  return command;
}

/** The credentials among a command's options. */
export function credentialsOf(options: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.keys(OPTIONS).filter((name) => typeof options[name] === 'string');
  return Object.fromEntries(given.map((name) => [name, String(options[name])]));
}

/** Several values of one option are kept together, with commas between. */
function readValue(value: string, earlier: string | undefined): string {
  const text = value.startsWith('@') ? readSecretFile(value.slice(1)) : value;
  return earlier === undefined ? text : `${earlier},${text}`;
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new InvalidArgumentError(`${path} cannot be read.`);
  }
}
