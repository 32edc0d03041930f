// Lets plain Node run the repository's TypeScript: node --import ./scripts/typescript.mjs <file>.ts
// For scripts, benchmarks and the child processes of tests. What is shipped is compiled.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

const CACHE = new URL('../node_modules/.cache/tollgate/typescript/', import.meta.url);

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const cached = new URL(`${createHash('sha256').update(`${url}\0${text}`).digest('hex')}.mjs`, CACHE);
  const source = await readFile(cached, 'utf8').catch(() => translate(url, text, cached));
  return { format: 'module', source, shortCircuit: true };
}

/** Loading the compiler takes longer than most scripts, so what it made is kept. */
async function translate(url, text, cached) {
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(text, {
    fileName: fileURLToPath(url),
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  });
  await mkdir(CACHE, { recursive: true });
  const draft = new URL(`${cached.href}.${process.pid}`);
  await writeFile(draft, outputText);
  await rename(draft, cached);
  return outputText;
}
