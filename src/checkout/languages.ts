/// <reference types="vite/types/importMeta.d.ts" />
import type { Sentences } from './sentences.ts';

/** The languages of the page: every file in languages/ is one, named by its tag, and is loaded only when it is wished for. */

const FILES = import.meta.glob<Sentences>('./languages/*.ts', { import: 'default' });
const FALLBACK = 'en';

/** The tags of all languages. */
export const LANGUAGES: readonly string[] = Object.keys(FILES).map(tagOf);

export interface Language {
  /** Of the file, for the page's own `lang`. */
  readonly tag: string;
  /** As the payer's browser says it, with its region, for amounts. */
  readonly locale: string;
  readonly sentences: Sentences;
}

/** @param wishes language tags, the dearest first, as `navigator.languages` has them */
export async function loadLanguage(wishes: readonly string[]): Promise<Language> {
  const { tag, locale } = pickLanguage(LANGUAGES, wishes);
  const load = FILES[`./languages/${tag}.ts`];
  if (load === undefined) throw new Error(`There is no language ${tag}.`);
  return { tag, locale, sentences: await load() };
}

/**
 * The first wish that a language meets, by as much of its tag as possible; English when there is none. A wish may be written as
 * operating systems do (`de_AT.UTF-8`, `de-DE@euro`); one that is no tag for amounts leaves those to the language alone.
 */
export function pickLanguage(offered: readonly string[], wishes: readonly string[]): { tag: string; locale: string } {
  for (const wish of wishes) {
    const locale = wish.replace(/[.@].*/, '').replaceAll('_', '-');
    const parts = locale.toLowerCase().split('-');
    for (let length = parts.length; length > 0; length -= 1) {
      const candidate = parts.slice(0, length).join('-');
      const tag = offered.find((known) => known.toLowerCase() === candidate);
      if (tag !== undefined) return { tag, locale: isLocale(locale) ? locale : tag };
    }
  }
  return { tag: FALLBACK, locale: FALLBACK };
}

/** Amounts cannot be written by any other. */
function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false;
  }
}

function tagOf(path: string): string {
  return path.replace(/^.*\/|\.ts$/g, '');
}
