import { describe, expect, it } from 'vitest';
import { type CardInput, readCard } from '../../src/bank/card-form.ts';
import { scenarioNamed, TEST_CARDS } from '../../src/bank/cards.ts';
import { isLuhnValid } from '../../src/kernel/card-number.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

function read(difference: Partial<CardInput>) {
  return readCard({ number: '4242424242424242', expMonth: 11, expYear: 2026, cvc: '123', ...difference }, NOW);
}

function refusalOf(difference: Partial<CardInput>) {
  const card = read(difference);
  return card.ok ? 'accepted' : `${card.refusal.code} ${card.refusal.field}`;
}

describe('the card table', () => {
  it('holds numbers that pass Luhn, each once', () => {
    expect(TEST_CARDS.every((card) => isLuhnValid(card.number))).toBe(true);
    expect(new Set(TEST_CARDS.map((card) => card.number)).size).toBe(TEST_CARDS.length);
  });

  it('finds each behaviour again by the name that is stored', () => {
    for (const card of TEST_CARDS) expect(scenarioNamed(card.scenario.name)).toEqual(card.scenario);
  });
});

describe('the card form', () => {
  it('takes a card until the end of its month', () => {
    expect(refusalOf({})).toBe('accepted');
    expect(refusalOf({ expMonth: 10 })).toBe('invalid_expiry expYear');
    expect(refusalOf({ expYear: 2025, expMonth: 12 })).toBe('invalid_expiry expYear');
    expect(refusalOf({ expMonth: 13 })).toBe('invalid_expiry expMonth');
  });

  it('takes numbers as people group them', () => {
    expect(refusalOf({ number: '4242 4242-4242 4242' })).toBe('accepted');
  });

  it('tells a wrong number from a card that is not in the table', () => {
    expect(refusalOf({ number: '4242424242424241' })).toBe('invalid_number number');
    expect(refusalOf({ number: '4242' })).toBe('invalid_number number');
    expect(refusalOf({ number: '4111111111111111' })).toBe('unknown_card number');
  });

  it('takes any security code of 3 or 4 digits, and lets the issuer decline 000', () => {
    expect(refusalOf({ cvc: '12' })).toBe('invalid_cvc cvc');
    expect(refusalOf({ cvc: '12a' })).toBe('invalid_cvc cvc');
    const card = read({ cvc: '000' });
    expect(card.ok && card.value.scenario.confirm.decision).toEqual({ outcome: 'decline', code: 'incorrect_cvc' });
  });

  it('keeps the last four digits and never the number', () => {
    expect(JSON.stringify(read({}))).not.toContain('42424242');
  });
});
