import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** What browsers load: the files that `npm run build` makes of src/console and src/checkout. */

const ROOT = fileURLToPath(new URL('../../dist/pages/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const compress = promisify(gzip);
/** A weight of 0 says no. */
const TAKES_GZIP = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/;

interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Its name changes with its content. */
  readonly isImmutable: boolean;
  /** Made when it is first asked for. */
  gzipped: Promise<Buffer<ArrayBuffer>> | null;
}

export interface Page {
  /** Answers a file of the page by its path within it; null for one that it has not. `index.html` is the page itself. */
  answer(request: Request, path: string, headers: Readonly<Record<string, string>>): Promise<Response | null>;
}

/** One page by its folder, read when it is first asked for and has been built. */
export function createPage(name: 'console' | 'checkout'): Page {
  let files: ReadonlyMap<string, PageFile> = new Map();
  return {
    async answer(request, path, headers) {
      const { method } = request;
      if (files.size === 0) files = readFiles(name);
      if (files.size === 0) return new Response(`The ${name} was not built. Run \`npm run build\`.`, { status: 503 });
      const file = files.get(path);
      if (file === undefined) return null;
      if (method !== 'GET' && method !== 'HEAD') return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
      const takesGzip = TAKES_GZIP.test(request.headers.get('accept-encoding') ?? '');
      const body = takesGzip ? await (file.gzipped ??= compress(file.body)) : file.body;
      return new Response(method === 'HEAD' ? null : new Uint8Array(body), {
        headers: {
          'content-type': file.type,
          'cache-control': cacheControl(file),
          vary: 'accept-encoding',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          ...(takesGzip ? { 'content-encoding': 'gzip' } : {}),
          ...headers,
        },
      });
    },
  };
}

function cacheControl({ type, isImmutable }: PageFile): string {
  if (isImmutable) return 'public, max-age=31536000, immutable';
  return type.startsWith('text/html') ? 'no-store' : 'no-cache';
}

function readFiles(name: string): ReadonlyMap<string, PageFile> {
  const folder = join(ROOT, name);
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const place = join(entry.parentPath, entry.name);
      const path = place.slice(folder.length + 1).replaceAll('\\', '/');
      const body = readFileSync(place);
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      return [path, { body: new Uint8Array(body), type, isImmutable: path.startsWith('_/'), gzipped: null }];
    }),
  );
}
