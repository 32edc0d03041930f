import { readFileSync } from 'node:fs';

export interface Snippet {
  readonly name: string;
  readonly code: string;
}

/** The code blocks of the document that the client was asked for, in its order and as they stand there. */
export function readSnippets(): readonly Snippet[] {
  const text = readFileSync(new URL('./seed-snippets.txt', import.meta.url), 'utf8');
  return [...text.matchAll(/^## (.+)\n\n```ts\n([^]*?)\n```$/gm)].map(([, name = '', code = '']) => ({ name, code }));
}

const IMPORT = /^import (\w+), \{ ([\w, ]+) \} from '@accrupay\/node';$/m;

/** The snippet without its import, and the names that the import brings: the default one and the others. */
export function splitImport(code: string): { code: string; names: readonly string[] } {
  const [line = '', , named = ''] = IMPORT.exec(code) ?? [];
  return { code: code.replace(line, ''), names: named === '' ? [] : named.split(', ') };
}

/** The names that a snippet's own statements declare. */
export function declaredNames(code: string): readonly string[] {
  return [...code.matchAll(/^const (?:\{ ([\w, ]+) \}|(\w+)) = /gm)].flatMap(([, several, one]) =>
    (several ?? one ?? '').split(', '),
  );
}
