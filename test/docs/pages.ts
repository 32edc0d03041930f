import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Page {
  /** Path from the root of the repository. */
  readonly name: string;
  readonly text: string;
}

export interface Block {
  readonly language: string;
  /** Whatever follows the language, such as `error=CODE`. */
  readonly wish: string;
  readonly text: string;
}

/** Every page that people read: those at the root and those under docs/. */
export function readPages(): readonly Page[] {
  const markdown = (folder: string): string[] =>
    readdirSync(`${ROOT}${folder}`)
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}${file}`);
  return [...markdown(''), ...markdown('docs/')].sort().map((name) => ({ name, text: readFileSync(`${ROOT}${name}`, 'utf8') }));
}

export function pageNamed(name: string): Page {
  const page = readPages().find((known) => known.name === name);
  if (page === undefined) throw new Error(`There is no page ${name}.`);
  return page;
}

/** The fenced blocks of a page, in its order. */
export function readBlocks(page: Page): readonly Block[] {
  return [...page.text.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm)].map(([, language = '', wish = '', text = '']) => ({
    language,
    wish,
    text,
  }));
}

/** The page without its fenced blocks. */
export function proseOf(page: Page): string {
  return page.text.replace(/^```[^]*?^```$/gm, '');
}
