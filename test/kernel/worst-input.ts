import { runInNewContext } from 'node:vm';
import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';

/** The time that a pattern takes for the slowest text that was found for it. */
export interface Slowest {
  /** What the text is made of, for the message of a failing test. */
  readonly text: string;
  /** CPU time for 4 kB and for 8 kB of it. Infinity when no run ended within the limit. */
  readonly ms4: number;
  readonly ms8: number;
}

/** A text: the prefix, then the pump repeated to the wanted length, then the suffix. */
interface Attack {
  readonly prefix: string;
  readonly pump: string;
  readonly suffix: string;
}

/** Decides where a pattern allows several texts. */
interface Choice {
  /** Used wherever its place allows it. */
  readonly letter: string;
  /** The alternative of a group, modulo their number. */
  readonly branch: number;
  /** How often an optional part occurs. */
  readonly times: 0 | 1;
}

const SCREENED_LENGTH = 2_048;
/** Screening a pattern takes some 10 ms, unless it takes forever. */
const SCREEN_MS_MAX = 2_000;
/** No linear pattern takes that long for a screened text. */
const SUSPECT_MS = 1;
const RUNS = 5;
const RUNS_MS_MAX = 1_000;
const FINALISTS = 2;
/** Parts that can repeat this often are pumped. */
const REPEATS_MIN = 8;
/** More than the alternatives of any repeated group. */
const BRANCHES = 12;

/** Tries all attacks at a short length, then the slowest ones at 4 kB and 8 kB. */
export function findSlowest(pattern: RegExp): Slowest {
  const [slowest] = screen(pattern)
    .map((attack) => measure(pattern, attack))
    .sort((left, right) => right.ms8 - left.ms8);
  if (slowest === undefined) throw new Error(`No text was made for ${pattern}.`);
  return slowest;
}

/** Linear patterns of the source take less than 1 ms for 8 kB, quadratic ones 30 to 150 ms. */
const FAST_MS = 8;
const SLOW_MS = 25;
/** Twice the text takes twice the time when it is linear, four times when it is quadratic. */
const GROWTH_MAX = 3;

/** Whether 8 kB take next to no time, or no long time and about twice that of 4 kB. */
export function isLinear({ ms4, ms8 }: Slowest): boolean {
  return ms8 < FAST_MS || ms8 < Math.min(SLOW_MS, ms4 * GROWTH_MAX);
}

function screen(pattern: RegExp): readonly Attack[] {
  const attacks = attacksOn(pattern);
  const timed: { attack: Attack; ms: number }[] = [];
  let current: Attack | undefined;
  const isDone = runWithin(SCREEN_MS_MAX, () => {
    for (const attack of attacks) {
      if (timed.filter(({ ms }) => ms > SUSPECT_MS).length === FINALISTS) return;
      current = attack;
      const text = textOf(attack, SCREENED_LENGTH);
      timed.push({ attack, ms: Math.min(timeOnce(pattern, text), timeOnce(pattern, text)) });
    }
  });
  if (!isDone && current !== undefined) return [current];
  return timed
    .sort((left, right) => right.ms - left.ms)
    .slice(0, FINALISTS)
    .map(({ attack }) => attack);
}

function measure(pattern: RegExp, attack: Attack): Slowest {
  const [prefix, pump, suffix] = [attack.prefix, attack.pump, attack.suffix].map((part) => JSON.stringify(part));
  const ms4 = timeOf(pattern, textOf(attack, 4_096));
  const ms8 = ms4 === Number.POSITIVE_INFINITY ? ms4 : timeOf(pattern, textOf(attack, 8_192));
  return { text: `${prefix} + ${pump}.repeat(…) + ${suffix}`, ms4, ms8 };
}

function textOf({ prefix, pump, suffix }: Attack, length: number): string {
  return prefix + pump.repeat(Math.ceil(length / pump.length)) + suffix;
}

/** The fastest of several runs: the first ones also compile the pattern, and other processes use the same caches. */
function timeOf(pattern: RegExp, text: string): number {
  let leastMs = Number.POSITIVE_INFINITY;
  runWithin(RUNS_MS_MAX, () => {
    for (let run = 0; run < RUNS; run += 1) leastMs = Math.min(leastMs, timeOnce(pattern, text));
  });
  return leastMs;
}

function timeOnce(pattern: RegExp, text: string): number {
  pattern.lastIndex = 0;
  const start = process.cpuUsage();
  text.replace(pattern, '');
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

/** Runs the work. Returns false when it was stopped at the limit, also in the middle of a match. */
function runWithin(limitMs: number, work: () => void): boolean {
  try {
    runInNewContext('work()', { work }, { timeout: limitMs });
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

/**
 * Texts that make a backtracking engine try many ways: what stands before a repeated part, then that part many times, then an
 * end that does not match. What stands before is also repeated itself, because a match may begin at each occurrence.
 */
function attacksOn({ source, flags }: RegExp): readonly Attack[] {
  const tree = new RegExpParser().parsePattern(source, 0, source.length, {
    unicode: flags.includes('u'),
    unicodeSets: flags.includes('v'),
  });
  const letters = lettersOf(tree, flags);
  const write = (node: AST.Node, choice: Choice) => textFor(node, { flags, choice });
  const [first = 'a', last = first] = [letters[0], letters.at(-1)];
  const plain: Choice = { letter: first, branch: 0, times: 0 };
  const prefixes = new Set(['']);
  const pumps = new Set([...letters, write(tree, plain)]);
  for (const repeated of repeatedIn(tree)) {
    for (const times of [0, 1] as const) {
      const prefix = before(repeated)
        .map((node) => write(node, { ...plain, times }))
        .join('');
      prefixes.add(prefix);
      pumps.add(prefix);
      for (const choice of choices(letters, times)) {
        const body = write(repeated.element, choice);
        for (const pump of [body, prefix + body]) pumps.add(pump);
      }
    }
  }
  pumps.delete('');
  return [...prefixes].flatMap((prefix) =>
    [...pumps].flatMap((pump) => ['', last, '\n'].map((suffix) => ({ prefix, pump, suffix }))),
  );
}

function choices(letters: readonly string[], times: 0 | 1): readonly Choice[] {
  return letters.flatMap((letter) => Array.from({ length: BRANCHES }, (_, branch) => ({ letter, branch, times })));
}

function repeatedIn(tree: AST.Pattern): readonly AST.Quantifier[] {
  const found: AST.Quantifier[] = [];
  visitRegExpAST(tree, {
    onQuantifierEnter(node) {
      if (node.max >= REPEATS_MIN) found.push(node);
    },
  });
  return found;
}

/** The parts of the pattern that a match passes before it reaches the node. */
function before(node: AST.Node): readonly AST.Node[] {
  const { parent } = node;
  if (parent === null) return [];
  const own = parent.type === 'Alternative' ? parent.elements.slice(0, parent.elements.indexOf(node as AST.Element)) : [];
  return [...before(parent), ...own];
}

/** One letter for each set of atoms that it matches: letters that many atoms match come first, a letter that few match last. */
function lettersOf(tree: AST.Pattern, flags: string): readonly string[] {
  const named: number[] = [];
  const atoms = new Set<string>();
  const addAtom = ({ raw, parent }: AST.Node) => {
    if (parent?.type === 'Alternative' || parent?.type === 'Quantifier') atoms.add(raw);
  };
  visitRegExpAST(tree, {
    onCharacterEnter(node) {
      named.push(node.value);
      addAtom(node);
    },
    onCharacterClassEnter: addAtom,
    onCharacterSetEnter: addAtom,
  });
  const ascii = Array.from({ length: 128 }, (_, code) => 127 - code);
  const kinds = new Map<string, { letter: string; matches: number }>();
  const matchers = Array.from(atoms, (raw) => matcherOf(raw, flags));
  for (const code of [...named, ...ascii, 0xe9, 0x2003, 0x663, 0xd800]) {
    const letter = String.fromCodePoint(code);
    const matches = matchers.map((matcher) => matcher.test(letter));
    kinds.set(matches.join(), { letter, matches: matches.filter(Boolean).length });
  }
  return [...kinds.values()].sort((left, right) => right.matches - left.matches).map(({ letter }) => letter);
}

function matcherOf(raw: string, flags: string): RegExp {
  return new RegExp(`^(?:${raw})$`, flags.replace(/[gymd]/g, ''));
}

/** A text that the node matches. Assertions and back references count as empty. */
function textFor(node: AST.Node, how: { readonly flags: string; readonly choice: Choice }): string {
  const { letter, branch, times } = how.choice;
  if ('alternatives' in node && node.type !== 'ClassStringDisjunction') {
    const alternative = node.type === 'Assertion' ? undefined : node.alternatives[branch % node.alternatives.length];
    return alternative === undefined ? '' : textFor(alternative, how);
  }
  if (node.type === 'Alternative') return node.elements.map((element) => textFor(element, how)).join('');
  if (node.type === 'Quantifier') return textFor(node.element, how).repeat(Math.max(node.min, Math.min(times, node.max)));
  if (node.type === 'Character') return String.fromCodePoint(node.value);
  if (node.type !== 'CharacterClass' && node.type !== 'CharacterSet') return '';
  const matcher = matcherOf(node.raw, how.flags);
  return [letter, ...PLAIN_LETTERS].find((candidate) => matcher.test(candidate)) ?? firstOf(matcher);
}

const PLAIN_LETTERS: readonly string[] = ['a', '0', ' ', '-', 'A', '_', '.', '/', '"', '\n'];

function firstOf(matcher: RegExp): string {
  for (let code = 0; code < 0x10000; code += 1) {
    const letter = String.fromCodePoint(code);
    if (matcher.test(letter)) return letter;
  }
  return '';
}
