import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';
import { drawCards, drawErrors, drawEventTypes, drawnPart, drawSessions, drawTransactions } from './draw.ts';
import { type Page, pageNamed, proseOf, ROOT, readPages } from './pages.ts';

describe('what the docs repeat of the code', () => {
  test.each([
    ['ARCHITECTURE.md', 'sessions', drawSessions],
    ['ARCHITECTURE.md', 'transactions', drawTransactions],
    ['docs/errors.md', 'errors', drawErrors],
    ['docs/webhooks.md', 'types', drawEventTypes],
    ['docs/test-cards.md', 'cards', drawCards],
  ])('the table in %s named %s is drawn from the data', (name, part, draw) => {
    expect(drawnPart(pageNamed(name).text, part)).toBe(draw());
  });

  test('every metric that is named exists', async () => {
    const { text } = await createMetrics().render();
    const named = namedIn(/`(tollgate_\w+)`/g);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((metric) => !text.includes(`# TYPE ${metric} `))).toEqual([]);
  });

  test('every npm script that is named exists', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(namedIn(/`npm run ([\w:-]+)/g).filter((script) => !(script in scripts))).toEqual([]);
  });

  test('every file and folder that is named exists', () => {
    expect(
      namedIn(/`((?:src|test|docs|prisma|scripts|bench)\/[\w./-]*)`/g).filter((path) => !existsSync(join(ROOT, path))),
    ).toEqual([]);
  });
});

describe('links', () => {
  test.each(readPages())('those in $name lead somewhere', (page) => {
    const broken = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !isReachable(page, target));
    expect(broken).toEqual([]);
  });
});

function namedIn(pattern: RegExp): readonly string[] {
  return [...new Set(readPages().flatMap((page) => [...page.text.matchAll(pattern)].map(([, name = '']) => name)))];
}

/** Other sites are not asked; within the repository, the file must exist, and the heading too where one is named. */
function isReachable(page: Page, target: string): boolean {
  if (target.startsWith('https://')) return true;
  const [path = '', anchor] = target.split('#');
  const name = path === '' ? page.name : join(dirname(page.name), path);
  if (!existsSync(join(ROOT, name))) return false;
  return anchor === undefined || headingsOf(pageNamed(name)).includes(anchor);
}

/** The anchors that headings get: lower case, no punctuation, hyphens for spaces. */
function headingsOf(page: Page): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
