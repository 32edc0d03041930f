/** Stripe's form encoding: `metadata[session_id]=x`, `types[0]=card` or `types[]=card`. Decoded to objects, arrays and strings. */

export type FormValue = string | readonly FormValue[] | FormObject;
export interface FormObject {
  readonly [name: string]: FormValue;
}

const FIELDS_MAX = 500;
const DEPTH_MAX = 8;

type Node = Map<string, Node | string>;

/** Null when the text is not such a form: two values in one place, or more than is sensible. */
export function decodeForm(pairs: URLSearchParams): FormObject | null {
  if (pairs.size > FIELDS_MAX) return null;
  const root: Node = new Map();
  for (const [name, value] of pairs) {
    const path = readPath(name);
    if (path === null || !place(root, path, value)) return null;
  }
  return Object.fromEntries([...root].map(([name, node]) => [name, toValue(node)]));
}

function readPath(name: string): readonly string[] | null {
  const [, head, rest] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  if (head === undefined) return null;
  const path = [head, ...[...(rest ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, part]) => part ?? '')];
  return path.length <= DEPTH_MAX && !path.includes('__proto__') ? path : null;
}

/** False when something is there already. */
function place(root: Node, path: readonly string[], value: string): boolean {
  let node = root;
  for (const part of path.slice(0, -1)) {
    const name = part === '' ? String(node.size) : part;
    const next = node.get(name) ?? new Map<string, Node | string>();
    if (typeof next === 'string') return false;
    node.set(name, next);
    node = next;
  }
  const last = path.at(-1) ?? '';
  const name = last === '' ? String(node.size) : last;
  if (node.has(name)) return false;
  node.set(name, value);
  return true;
}

function toValue(node: Node | string): FormValue {
  if (typeof node === 'string') return node;
  const names = [...node.keys()];
  const isList = names.length > 0 && names.every((name) => /^\d{1,4}$/.test(name));
  if (isList) return [...node].sort(([left], [right]) => Number(left) - Number(right)).map(([, item]) => toValue(item));
  return Object.fromEntries([...node].map(([name, item]) => [name, toValue(item)]));
}
