import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { DESCRIPTORS, PROVIDER_NAMES } from '../providers/descriptors.ts';

interface CredentialOption {
  readonly flags: string;
  readonly description: string;
}

/** An option for each credential that people enter, and whose it is. A name means the same at every provider that has it. */
const OPTIONS: ReadonlyMap<string, CredentialOption> = readOptions();

function readOptions(): ReadonlyMap<string, CredentialOption> {
  const options = new Map<string, CredentialOption>();
  for (const provider of PROVIDER_NAMES) {
    for (const [name, { hint, form, isRepeatable }] of Object.entries(DESCRIPTORS[provider].credentials)) {
      if (form === null) continue;
      const words = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
      const flags = `--${words.join('-')} <${words.at(-1)}${isRepeatable === true ? '...' : ''}>`;
      const known = options.get(name);
      const description = `${known === undefined ? '' : `${known.description}; `}${provider}: ${hint}`;
      options.set(name, { flags: known?.flags ?? flags, description });
    }
  }
  return options;
}

/** Adds an option for every credential. `@file` instead of a value reads it from a file, so that it stands in no history. */
export function addCredentialOptions(command: Command): Command {
  for (const { flags, description } of OPTIONS.values()) {
    command.option(flags, `${description} (@file reads it from a file)`, readValue);
  }
  return command;
}

/** The credentials among a command's options. */
export function credentialsOf(options: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = [...OPTIONS.keys()].filter((name) => typeof options[name] === 'string');
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
