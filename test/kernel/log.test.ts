import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createLogger, type Logger } from '../../src/kernel/log.ts';
import { SECRET_PREFIXES } from '../../src/kernel/masks.ts';
import { newSecret } from '../../src/kernel/secret.ts';

function written(write: (log: Logger) => void): string {
  let text = '';
  write(createLogger({ level: 'debug', destination: { write: (line) => void (text += line) } }));
  return text;
}

describe('the log', () => {
  it.each(['4242424242424242', '4242 4242 4242 4242', '3782-822463-10005'])(
    'masks the card number %s wherever it stands',
    (card) => {
      const text = written((log) => {
        log.info({ note: `paid with ${card}`, deep: [{ more: card }] }, `card ${card}`);
        log.child({ remark: card }).error({ error: new Error(`refused ${card}`, { cause: new Error(card) }) }, 'failed');
      });
      expect(text).toContain('[card number]');
      expect(text).not.toContain(card);
    },
  );

  it('lets ids pass, whatever digits they hold', () => {
    const id = '00000000-4242-4242-8424-242424242424';
    expect(written((log) => log.info({ sessionId: id }, `session ${id}`)).split(id)).toHaveLength(3);
  });

  it.each(['sk_test_', 'sk_live_', 'pk_test_', 'cst_', 'whp_', 'whsec_'])('masks secrets that begin with %s', (prefix) => {
    const secret = newSecret(prefix);
    const text = written((log) => log.info({ path: `/webhooks/stripe/${secret}`, note: secret }, `Bearer ${secret}`));
    expect(text).not.toContain(secret.slice(-20));
  });

  it.each([
    'pi_3Nabcdefghij_secret_abcdefghijklmnop',
    'seti_1abcdefghij_secret_abcdefghijklmnop',
    'Authorization: Digest abcdefghijklmnop',
    'Cookie: tollgate-console=abcdefghijklmnop',
    'postgres://tollgate:abcdefghijklmnop@db/x',
    '/v1?client_secret=abcdefghijklmnop',
    'merchantSecretKey=abcdefghijklmnop',
    '/webhooks/nuvei/abcdefghijklmnop',
  ])('masks the secret part of %s', (text) => {
    expect(written((log) => log.info({ note: text }, text))).not.toContain('ghijklmnop');
  });

  it.each(
    [
      '/checkout/mer_x%23cst_abcdefghijklmnop',
      '/checkout/mer_x%2523cst_abcdefghijklmnop',
      '/graphql%3Fkey%3Dsk_test_abcdefghijklmnop',
      '%3fsk_live_abcdefghijklmnop',
      'a line\nsk_live_abcdefghijklmnopqrstuvwxyz',
      'encryptionKey=abcdefghijklmnop',
      'TOLLGATE_ENCRYPTION_KEY=abcdefghijklmnop=',
      'merchantSecretKey: abcdefghijklmnop',
      'sent {"merchantSecretKey":"abcdefghijklmnop"}',
      `twice ${JSON.stringify('{"merchantSecretKey": "abcdefghijklmnop"}')}`,
      'postgres://tollgate:ab@ghijklmnop@db/x',
      'postgres://tollgate:ab/ghijklmnop@db/x',
      'postgres://tollgate:ab ghijklmnop@db/x',
    ].map((text) => [text]),
  )('masks the secret part of %j, wherever it stands', (text) => {
    const lines = written((log) => {
      log.info({ note: text, path: text }, text);
      log.error({ error: new Error(text) }, 'failed');
    });
    expect(lines).not.toContain('ghijklmnop');
    for (const line of lines.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it.each(['jane@bücher.de', 'müller@bücher.de', 'иван@почта.рф', '"jane doe"@example.com', 'jane%40example.com'])(
    'masks the address %s',
    (address) => {
      const line = written((log) => log.info({ note: address, list: [`to ${address}.`] }, `no mail to ${address}`));
      for (const part of address.split(/@|%40/)) expect(line).not.toContain(part.replaceAll('"', ''));
      expect(() => JSON.parse(line)).not.toThrow();
    },
  );

  it.each([
    '４２４２４２４２４２４２４２４２',
    '٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢',
    '4242/4242/4242/4242',
    '4242,4242, 4242, 4242',
    '4242    4242    4242    4242',
    '4242\n4242\n4242\n4242',
    '4242\r\n4242\t4242\r\n4242',
  ])('masks the card number %j', (card) => {
    const line = written((log) => log.info({ note: card, list: [card] }, `paid with ${card}`));
    expect(line.match(/\[card number\]/g)).toHaveLength(3);
    expect(() => JSON.parse(line)).not.toThrow();
  });

  it('stays JSON where numbers look like a card', () => {
    const groups = [4242, 4242, 4242, 4242];
    const line = written((log) => log.info({ number: 4242424242424242, groups, last: { number: 4242424242424242 } }, 'numbers'));
    expect(line).not.toContain('4242');
    expect(() => JSON.parse(line)).not.toThrow();
  });

  it('shows addresses without a password, paths and times as they are', () => {
    const texts = [
      'http://127.0.0.1:4000/graphql',
      'file:///app/node_modules/@pothos/core/lib/index.js:12:3',
      'https://shop.example/@jane/1,2,3',
      '2026-11-26T14:00:00.123Z',
      'token: expired',
    ];
    for (const text of texts) expect(JSON.parse(written((log) => log.info(text)))).toMatchObject({ msg: text });
  });

  it.each(SECRET_PREFIXES)('masks %s in the middle of a text too', (prefix) => {
    const text = `(key_${prefix}abcdefghijklmnop)`;
    expect(written((log) => log.info({ note: text }, text))).not.toContain('ghijklmnop');
  });

  it('knows every prefix of a secret that the source makes or takes', () => {
    const folder = fileURLToPath(new URL('../../src', import.meta.url));
    const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.startsWith('generated') && !path.endsWith('kernel/masks.ts'))
      .map((path) => readFileSync(`${folder}/${path}`, 'utf8'))
      .join('\n');
    const made = [...texts.matchAll(/newSecret\('([a-z_]+)'|_PREFIX = '([a-z_]+)'/g)].map(([, one, other]) => one ?? other);
    const taken = [
      ...texts.matchAll(/['/^`](?:\(?)((?:sk|pk|rk|ek|whsec|cst|whp|cns|cnl|exm_tok|exm_chl)_(?:(?:test|live)_)?)/g),
    ].map(([, prefix]) => prefix);
    expect(made.length).toBeGreaterThan(4);
    const known = (prefix: string): boolean => SECRET_PREFIXES.some((each) => each.startsWith(prefix));
    expect([...made, ...taken].filter((prefix) => !known(prefix ?? ''))).toEqual([]);
  });

  it('cuts long texts and lists, and does not repeat what is not JSON', () => {
    const text = written((log) => {
      log.info({ note: 'x'.repeat(50_000), list: Array.from({ length: 5_000 }, () => 'y') }, 'z'.repeat(50_000));
      try {
        JSON.parse('{"name":"Jane Smith"');
      } catch (error) {
        log.error({ error }, 'failed');
      }
    });
    expect(text.length).toBeLessThan(8_000);
    expect(text).not.toContain('Jane');
    for (const line of text.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('blanks fields that are secret or personal by their names', () => {
    const secrets = {
      authorization: 'a1',
      token: 'b2',
      credentials: { secretKey: 'c3' },
      billing: { billingFirstName: 'Jane' },
      email: 'd4',
      cvc: '123',
    };
    const text = written((log) => log.info({ ...secrets, tokenExpiresAt: '2026-11-23', keyId: 'k1' }, 'fields'));
    for (const value of ['a1', 'b2', 'c3', 'Jane', 'd4', '123']) expect(text).not.toContain(`"${value}"`);
    expect(text).toContain('2026-11-23');
    expect(text).toContain('k1');
  });

  it('masks mail addresses in texts', () => {
    expect(written((log) => log.warn('no mail to jane.smith+shop@example.co.uk'))).not.toContain('jane');
  });

  it('keeps the type, the message, the code and the frames of an error, and not the call that Prisma quotes', () => {
    const error = Object.assign(new Error('\nInvalid call: { firstName: "Jane" }\n\nUnique constraint failed'), {
      code: 'P2002',
    });
    error.name = 'PrismaClientKnownRequestError';
    const line = JSON.parse(written((log) => log.error({ error }, 'failed'))) as {
      error: { message: string; code: string; stack: string[] };
    };
    expect(line.error).toMatchObject({ message: 'Unique constraint failed', code: 'P2002' });
    expect(JSON.stringify(line)).not.toContain('Jane');
    expect(line.error.stack.length).toBeGreaterThan(0);
  });
});
