/** The settings that Tollgate needs as they are: `options` in `DATABASE_URL` may not change them. */
export const OWN_SETTINGS: Readonly<Record<string, string>> = {
  // The Prisma adapter writes instants without a zone, so every connection speaks UTC.
  TimeZone: 'UTC',
  // Instants are read digit by digit. As PostgreSQL names it in full: a pooler compares the text.
  DateStyle: 'ISO, MDY',
  // Statements hold backslashes that mean themselves.
  standard_conforming_strings: 'on',
  // With a negative number, times in milliseconds lose digits.
  extra_float_digits: '1',
  // No statement runs for as long as PostgreSQL takes to compile it.
  jit: 'off',
  default_transaction_isolation: 'read committed',
  lock_timeout: '10s',
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '30s',
};

/** Further settings that `options` may not change, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  search_path: 'Write schema=NAME instead',
  client_encoding: 'Leave it out: Tollgate speaks UTF-8',
  default_transaction_read_only: 'Leave it out: Tollgate has to write',
  transaction_read_only: 'Leave it out: Tollgate has to write',
  synchronous_commit: 'Leave it out: a payment that was acknowledged must not be lost. ALTER ROLE sets a stricter value than on',
  session_replication_role: 'Leave it out: it can turn off the triggers and foreign keys of the tables',
};

/** Why `options` cannot be used, as sentences about `DATABASE_URL`; empty where it can. No sentence repeats a value. */
export function findOptionProblems(options: string): readonly string[] {
  const names = readNames(options);
  if (names === null) return ['has options that cannot be read: write each setting as -c name=value'];
  const own = Object.keys(OWN_SETTINGS).filter((name) => names.includes(name.toLowerCase()));
  return [
    ...own.map((name) => `sets ${name} in options, which Tollgate sets itself. Leave it out`),
    ...Object.entries(REFUSED).flatMap(([name, remedy]) => (names.includes(name) ? [`sets ${name} in options. ${remedy}`] : [])),
  ];
}

/**
 * The names in the switches `-c name=value`, `-cname=value` and `--name=value`, as PostgreSQL reads them: a backslash keeps the
 * character after it, and a hyphen stands for an underscore. Null where there is any other switch, such as `-B 12`.
 */
function readNames(options: string): readonly string[] | null {
  const words = (options.match(/(?:\\[^]|[^\s\\])+/g) ?? []).map((word) => word.replace(/\\([^])/g, '$1'));
  const names: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const setting = word === '-c' ? words[(index += 1)] : /^(?:-c|--)([^]*)$/.exec(word)?.[1];
    const name = /^([\w.-]+)\s*=/.exec(setting ?? '')?.[1];
    if (name === undefined) return null;
    names.push(name.toLowerCase().replaceAll('-', '_'));
  }
  return names;
}
