// Writes a provider that compiles, is registered and does nothing yet, with a test file whose failing tests say what is missing.
//   npm run new:provider acme
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PROVIDER_NAMES } from '../src/providers/descriptors.ts';
import { creatorOf, filesOf } from './new-provider-files.ts';

/** As in the path of a webhook, and not longer than there. */
const NAME = /^[a-z]{2,20}$/;

const [name = ''] = process.argv.slice(2);
const problem = findProblem(name);
if (problem === null) await write(name);
else {
  console.error(problem);
  process.exitCode = 1;
}

function findProblem(name: string): string | null {
  if (!NAME.test(name)) return 'Give a name of 2 to 20 small letters: npm run new:provider acme';
  const isTaken = PROVIDER_NAMES.some((known) => known.toLowerCase() === name);
  const there = Object.keys(filesOf(name)).filter((path) => existsSync(path));
  if (isTaken) return `There is a provider ${name} already. Choose another name.`;
  if (there.length > 0) return `${there.join(', ')} exists already. Choose another name, or move it away.`;
  return null;
}

async function write(name: string): Promise<void> {
  // Both lists are read before anything is written.
  const lists = { 'src/providers/descriptors.ts': enterDescriptor(name), 'src/providers/registry.ts': enterAdapter(name) };
  for (const [path, text] of Object.entries(filesOf(name))) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
    console.log(`wrote    ${path}`);
  }
  for (const [path, text] of Object.entries(lists)) {
    await writeFile(path, text);
    console.log(`changed  ${path}`);
  }
  console.log(`
1. npm run format && npm run schema && npm run generate
2. npx vitest run test/providers/${name}.test.ts lists what is missing.
3. "Adding a provider" in CONTRIBUTING.md tells the rest.`);
}

function enterDescriptor(name: string): string {
  const path = 'src/providers/descriptors.ts';
  const text = addImport(path, `import { ${name.toUpperCase()} } from './${name}/descriptor.ts';`);
  return insert(path, { text, before: ' } as const satisfies', line: `, ${name.toUpperCase()}` });
}

function enterAdapter(name: string): string {
  const path = 'src/providers/registry.ts';
  const text = addImport(path, `import { ${creatorOf(name)} } from './${name}/${name}.ts';`);
  return insert(path, {
    text,
    before: '};\n\nexport function createProviders',
    line: `  ${name.toUpperCase()}: ${creatorOf(name)},\n`,
  });
}

/** The file with one more import, in the order that the formatter keeps. */
function addImport(path: string, line: string): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  const count = lines.findIndex((each) => !each.startsWith('import '));
  const pathOf = (each: string): string => each.split(' from ')[1] ?? '';
  const imports = [...lines.slice(0, count), line].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
  return [...imports, ...lines.slice(count)].join('\n');
}

function insert(path: string, { text, before, line }: { text: string; before: string; line: string }): string {
  const [head, tail, ...more] = text.split(before);
  if (head === undefined || tail === undefined || more.length > 0) {
    throw new Error(`${path} has changed, and this script no longer finds its list. Correct scripts/new-provider.ts.`);
  }
  return head + line + before + tail;
}
