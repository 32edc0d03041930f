import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { announcedBetween, countDown } from '../../src/checkout/countdown.ts';
import en from '../../src/checkout/languages/en.ts';
import { LANGUAGES, loadLanguage, pickLanguage } from '../../src/checkout/languages.ts';
import { formatMoney } from '../../src/kernel/money.ts';

const FOLDER = fileURLToPath(new URL('../../src/checkout/languages', import.meta.url));
const files = readdirSync(FOLDER).map((file) => file.replace(/\.ts$/, ''));

/** Where each sentence stands, and whether it takes something in. */
function shapeOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([name, part]) => shapeOf(part, `${path}.${name}`));
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') return [String((value as (word: string) => unknown)('word'))];
  return Object.values(value as object).flatMap(textsOf);
}

describe('the languages', () => {
  it('are the files of their folder, English and one more at least', () => {
    expect([...LANGUAGES].sort()).toEqual([...files].sort());
    expect(LANGUAGES).toContain('en');
    expect(LANGUAGES.length).toBeGreaterThanOrEqual(2);
  });

  it.each(files)('%s says everything, in words of its own', async (tag) => {
    const { sentences } = await loadLanguage([tag]);
    expect(shapeOf(sentences).toSorted()).toEqual(shapeOf(en).toSorted());
    expect(textsOf(sentences).filter((text) => text.trim() === '')).toEqual([]);
    if (tag !== 'en') expect(textsOf(sentences).filter((text) => textsOf(en).includes(text) && / .+ /.test(text))).toEqual([]);
  });

  it.each(['en', 'de'])('%s calls nothing a payment that may be a hold or a stored card', async (tag) => {
    const { sentences } = await loadLanguage([tag]);
    const { purposes, consequences, nothingDone, pay, endings, ...rest } = sentences;
    const { paid, ...otherEndings } = endings;
    const ofKinds = [purposes, consequences, nothingDone, pay].map(({ AUTHORIZATION, ADD_PAYMENT_METHOD }) => [
      AUTHORIZATION,
      ADD_PAYMENT_METHOD,
    ]);
    const isPayment = /\b(pay|pays|paid|payment)\b|zahl/i;
    expect(textsOf({ paid, purpose: purposes.PAYMENT }).every((text) => !isPayment.test(text))).toBe(false);
    const texts = textsOf([ofKinds, otherEndings, rest]).map((text) =>
      text.replace(/payment provider|Zahlungs(dienst|seite)/g, ''),
    );
    expect(texts.filter((text) => isPayment.test(text))).toEqual([]);
  });

  it.each([
    [['de-AT', 'en'], 'de', 'de-AT'],
    [['fr-FR', 'de'], 'de', 'de'],
    [['en-GB', 'de'], 'en', 'en-GB'],
    [['fr'], 'en', 'en'],
    [[], 'en', 'en'],
    [['DE-ch'], 'de', 'DE-ch'],
    // As operating systems write them, and as nobody should.
    [['de_AT', 'en'], 'de', 'de-AT'],
    [['en_US', 'de'], 'en', 'en-US'],
    [['de-DE@euro', 'en'], 'de', 'de-DE'],
    [['de_CH.UTF-8', 'en'], 'de', 'de-CH'],
    [['C', 'POSIX', 'de'], 'de', 'de'],
    [['de-x', 'en'], 'de', 'de'],
    [['de-', 'en'], 'de', 'de'],
    [['', '*', '-', 'C.UTF-8'], 'en', 'en'],
  ])('of the wishes %j give %s with the amounts of %s', (wishes, tag, locale) => {
    const picked = pickLanguage(['de', 'en'], wishes);
    expect(picked).toEqual({ tag, locale });
    expect(formatMoney({ amountMinor: 100n, currency: 'EUR' }, picked.locale)).toContain('1');
  });

  it('prefer the nearest of several', () => {
    expect(pickLanguage(['pt', 'pt-br', 'en'], ['pt-BR'])).toEqual({ tag: 'pt-br', locale: 'pt-BR' });
  });
});

describe('the countdown', () => {
  it.each([
    [30 * 60_000, null],
    [600_001, null],
    [600_000, '10:00'],
    [599_001, '10:00'],
    [61_000, '1:01'],
    [1, '0:01'],
    [0, '0:00'],
    [-5000, '0:00'],
  ])('with %d ms left reads %s', (leftMs, text) => {
    expect(countDown(leftMs).text).toBe(text);
    expect(countDown(leftMs).isOver).toBe(leftMs <= 0);
  });

  it.each([
    [301_000, 300_000, 5],
    [300_000, 299_000, null],
    [61_000, 60_000, 1],
    // A tab that slept is told where it is now.
    [400_000, 30_000, 1],
    [200_000, 199_000, null],
    [1000, 0, null],
  ])('from %d to %d ms says %s minutes aloud', (before, left, minutes) => {
    expect(announcedBetween(before, left)).toBe(minutes);
  });
});

describe('the page as it is sent', () => {
  it('has neither script nor style inside of it', () => {
    const html = readFileSync(fileURLToPath(new URL('../../src/checkout/index.html', import.meta.url)), 'utf8');
    expect(html).not.toMatch(/<script>|<style|\son\w+=|style=/);
  });
});
