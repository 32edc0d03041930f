import { describe, expect, it } from 'vitest';
import { createLogger, type Logger } from '../../src/kernel/log.ts';
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
