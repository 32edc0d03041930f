import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/accrupay/schema.ts';
import { createKey } from '../../src/merchants/manage-keys.ts';
import { readSessionSecrets } from '../../src/sessions/read.ts';
import { must, paid } from '../support/gateway.ts';
import {
  attack,
  type Dialect,
  expectNothingOf,
  fieldsOfRoots,
  marksOf,
  type Outsider,
  openTarget,
  PERSONAL,
  rowsOf,
  type Target,
  textOf,
} from '../support/isolation.ts';
import { runsWhole, sampled } from '../support/template.ts';
import { ask } from './ask.ts';
import { ATTACKS } from './attacks.ts';

/** What a page is sorted and cut by names nothing of A's. */
const PAGING = /^(|first|last|take|transactionProvider)\b/;

const ACCRUPAY: Dialect = {
  schema,
  attacks: ATTACKS,
  ask: ({ gateway }, text, credential) => ask(gateway, { text, secret: credential }),
  noAccount: '@provider/NOT_FOUND',
  needsAccount: (args, field) =>
    /Start|BaseConfig|PreSession|CustomerCreate/.test(field) && !args.includes('merchantTransactionProviderId'),
  filters: (args) => !PAGING.test(args) && args !== '',
};

const FIELDS = fieldsOfRoots(schema);
/** What creates rows of the outsider's own comes last: it changes what its other calls are answered. */
const IN_ORDER = [...FIELDS].sort((left, right) => Number(isCreating(left)) - Number(isCreating(right)));

function isCreating(field: string): boolean {
  return /SessionStart|CustomerCreate/.test(field);
}

let target: Target;

beforeAll(async () => {
  const made = await openTarget();
  const secrets = await readSessionSecrets(made.gateway.app.deps, made.a.scope, [made.of.open]);
  // Here a session's token is the provider's.
  target = { ...made, of: { ...made.of, openToken: secrets.get(made.of.open)?.clientToken ?? '' } };
});

afterAll(() => target.gateway.close());

test('every field of the schema is tried', () => {
  expect(Object.keys(ATTACKS).sort()).toEqual([...FIELDS].sort());
});

describe('another merchant sees and changes nothing through', () => {
  let outsider: Outsider;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    const b = await target.gateway.newMerchant();
    await paid(target.gateway, b, { data: { storePaymentMethod: true } });
    before = await rowsOf(target.gateway, target.a);
    outsider = { credential: b.secretKey, marks: marksOf(before), hasAccount: true };
  });

  test.each(IN_ORDER)('%s', async (field) => {
    await attack(ACCRUPAY, target, { outsider, field });
    expect(await rowsOf(target.gateway, target.a)).toEqual(before);
  });
});

describe.skipIf(!runsWhole())('the LIVE side of the same merchant sees and changes nothing of TEST through', () => {
  let outsider: Outsider;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    const { gateway, a } = target;
    const key = { kind: 'SECRET', label: 'live', expiresAt: null } as const;
    const live = must(await createKey(gateway.app.deps, { ...a.scope, environment: 'LIVE' }, key));
    before = await rowsOf(gateway, a);
    outsider = { credential: live.text, marks: marksOf(before).filter((mark) => mark !== a.scope.merchantId), hasAccount: false };
  });

  test.each(IN_ORDER)('%s', async (field) => {
    await attack(ACCRUPAY, target, { outsider, field });
    expect(await rowsOf(target.gateway, target.a)).toEqual(before);
  });
});

describe('without a secret, and with a publishable key in its place, nothing opens but the public queries:', () => {
  test.each(
    sampled(
      FIELDS.filter((field) => !field.includes('.clientPublic')),
      2,
    ),
  )('%s', async (field) => {
    const { gateway, a, of } = target;
    for (const secret of [null, a.publishableKey]) {
      for (const { args } of ATTACKS[field]?.(of) ?? []) {
        const answer = await ask(gateway, { text: textOf(ACCRUPAY, field, args), secret });
        expect(answer.errors.map((error) => error.extensions.code)).toEqual(['UNAUTHENTICATED']);
        expectNothingOf(PERSONAL, answer);
      }
    }
  });

  test('and those tell nothing at all of a session that was started through another API', async () => {
    const { gateway, a, of } = target;
    for (const id of [of.open, of.session, of.authorizing, of.adding]) {
      const args = `merchantPublicId: "${a.publicId}", transactionSessionId: "${id}"`;
      for (const field of ['Query.clientPublicTransactionSession', 'Query.clientPublicTransactionSessionBaseConfig']) {
        const answer = await ask(gateway, { text: textOf(ACCRUPAY, field, args, 4), secret: null });
        expect(answer.errors.map((error) => error.extensions.code)).toEqual(['@session/NOT_FOUND']);
        expect(answer.data).toBeNull();
      }
    }
  });

  test('and those tell nothing personal, at every field', async () => {
    const { gateway, a, of } = target;
    await gateway.database.client.session.updateMany({
      where: { id: { in: [of.open, of.session] } },
      data: { dialect: 'ACCRUPAY' },
    });
    for (const id of [of.open, of.session]) {
      const args = `merchantPublicId: "${a.publicId}", transactionSessionId: "${id}"`;
      const text = textOf(ACCRUPAY, 'Query.clientPublicTransactionSession', args, 4);
      const answer = await ask(gateway, { text, secret: null });
      expect(answer.errors).toEqual([]);
      expect(answer.data.clientPublicTransactionSession.transactionSession.id).toBe(id);
      expectNothingOf([...PERSONAL, of.customerCode, of.customer, of.method, of.transaction, of.code], answer);
    }
  });
});
