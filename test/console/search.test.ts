import { describe, expect, test } from 'vitest';
import { parseTab } from '../../src/console/developers/tabs.ts';
import { parseRange } from '../../src/console/overview/range.ts';
import { changed, countFilters, parseSearch, toFilter, toggled, toPage, toSort } from '../../src/console/sessions/search.ts';

describe('the address of a list', () => {
  test('is a filter, an order and a page for the API', () => {
    const search = parseSearch({
      q: ' order-8 ',
      status: 'COMPLETED,DECLINED',
      kind: 'PAYMENT',
      provider: 'STRIPE',
      currency: 'USD',
      min: '100',
      max: '9223372036854775807',
      from: '2026-11-01T00:00:00+01:00',
      to: '2026-11-02T00:00:00.000Z',
      attention: 'yes',
      sort: 'largest',
      after: 'WyJ4Il0',
    });
    expect(toFilter(search)).toEqual({
      search: 'order-8',
      statuses: ['COMPLETED', 'DECLINED'],
      kinds: ['PAYMENT'],
      transactionProviders: ['STRIPE'],
      currencies: ['USD'],
      amountMin: '100',
      amountMax: '9223372036854775807',
      createdFrom: '2026-10-31T23:00:00.000Z',
      createdBefore: '2026-11-02T00:00:00.000Z',
      isStuck: true,
    });
    expect(toSort(search)).toEqual({ field: 'AMOUNT', order: 'DESC' });
    expect(toPage(search)).toEqual({ first: 50, after: 'WyJ4Il0' });
    expect(countFilters(search)).toBe(9);
  });

  test('without anything is the newest sessions', () => {
    expect(parseSearch({})).toEqual({});
    expect([toFilter({}), toSort({}), toPage({})]).toEqual([{}, { field: 'CREATED_AT', order: 'DESC' }, { first: 50 }]);
  });

  test('leaves out what nobody understands, and still opens', () => {
    const odd = {
      status: 'COMPLETED,GONE,COMPLETED',
      kind: 'X',
      min: '1.5',
      max: '-2',
      from: 'soon',
      sort: 'toString',
      after: '../x',
      q: 7,
      more: 'y',
    };
    expect(parseSearch(odd)).toEqual({ status: 'COMPLETED' });
    expect(parseSearch({ status: 'constructor', sort: '__proto__', provider: 'hasOwnProperty' })).toEqual({});
  });

  test('goes back to the first page when the list becomes another one', () => {
    const search = { status: 'COMPLETED', after: 'abc' } as const;
    expect(changed(search, { q: 'order' })).toEqual({ status: 'COMPLETED', q: 'order' });
    expect(toggled(search, 'status', 'DECLINED')).toEqual({ status: 'COMPLETED,DECLINED' });
    expect(toggled({ status: 'COMPLETED,DECLINED' }, 'status', 'COMPLETED')).toEqual({ status: 'DECLINED' });
    expect(toggled({ status: 'DECLINED' }, 'status', 'DECLINED')).toEqual({});
    expect(toPage({ before: 'abc' })).toEqual({ last: 50, before: 'abc' });
  });
});

test('the addresses of the other pages take what they know', () => {
  expect([parseTab({}), parseTab({ tab: 'webhooks' }), parseTab({ tab: 'keys' }), parseTab({ tab: 'valueOf' })]).toEqual([
    {},
    { tab: 'webhooks' },
    {},
    {},
  ]);
  expect([
    parseRange({}),
    parseRange({ range: 'month', currency: 'EUR' }),
    parseRange({ range: 'toString', currency: 'euro' }),
  ]).toEqual([{}, { range: 'month', currency: 'EUR' }, {}]);
});
