import { type Attack, type Dialect, type Facts, posted, times } from './attack.ts';

const EXPENSIVE = 'QUERY_TOO_EXPENSIVE';
const SYNTAX = 'GRAPHQL_PARSE_FAILED';
const INVALID = 'GRAPHQL_VALIDATION_FAILED';
const INPUT = 'BAD_USER_INPUT';
/** Valid, so what it opens depends on the credential. */
const NO_ACCESS = ['UNAUTHENTICATED', 'FORBIDDEN', 'SESSION_NOT_FOUND', null] as const;
/** A field that the credential does not open is refused before its arguments are looked at. */
const CLOSED = ['UNAUTHENTICATED', 'FORBIDDEN'] as const;
/** The parser ends at a limit of tokens or of the stack before it finds out what is missing. */
const UNENDING = [SYNTAX, EXPENSIVE] as const;
const LONG = [EXPENSIVE, 'PAYLOAD_TOO_LARGE'] as const;

type Row = readonly [name: string, reason: string, codes: Attack['codes'], document: string];

const MEGABYTE = 900_000;
const SHORT = 60_000;
const spread = (name: string) => `...${name}`;
const onQuery = (name: string, selected: string) => `fragment ${name} on Query { ${selected} }`;

const long: readonly Row[] = [
  ['1 MB of spaces', 'the lexer reads every character', [EXPENSIVE], `{ __typename }${' '.repeat(MEGABYTE)}`],
  ['1 MB of commas', 'the lexer reads every character', [EXPENSIVE], `{ __typename }${','.repeat(MEGABYTE)}`],
  ['1 MB of comments', 'each comment is a token that no limit counts', LONG, `{ __typename }\n${'#\n'.repeat(MEGABYTE / 2)}`],
  ['one comment of 1 MB', 'the lexer reads every character', [EXPENSIVE], `{ __typename } #${'x'.repeat(MEGABYTE)}`],
  ['a name of 1 MB', 'the message would repeat it', [EXPENSIVE], `{ ${'x'.repeat(MEGABYTE)} }`],
  ['a text of 1 MB', 'patterns are tried on it', [EXPENSIVE], `{ __type(name: "${'1 '.repeat(MEGABYTE / 2)}") { name } }`],
  [
    'a block text of 1 MB',
    'its lines are cut one by one',
    LONG,
    `{ __type(name: """${' \n'.repeat(MEGABYTE / 2)}""") { name } }`,
  ],
  ['fields of 1 MB', 'the parser makes nodes of all', [EXPENSIVE], `{ ${'__typename '.repeat(MEGABYTE / 11)} }`],
  ['60 kB of comments', 'tokens in the chain that no limit counts', [null], `{ __typename }\n${'#\n'.repeat(SHORT / 2)}`],
  ['60 kB of spaces', 'must stay cheap', [null], `{ __typename }${' '.repeat(SHORT)}`],
  ['60 kB of block text', 'its lines are cut one by one', [null], `{ __type(name: """${' \n'.repeat(SHORT / 2)}""") { name } }`],
  ['60 kB of escapes', 'each is decoded on its own', [null], `{ __type(name: "${'\\u0041'.repeat(SHORT / 6)}") { name } }`],
  [
    '60 kB of escaped quotes in a block text',
    'each is looked at twice',
    [null],
    `{ __type(name: """${'\\"""'.repeat(SHORT / 4)}""") { name } }`,
  ],
  ['a text without an end', 'the lexer looks for it', [SYNTAX], `{ __type(name: "${'x'.repeat(SHORT)}`],
  ['a block text without an end', 'the lexer looks for it', [SYNTAX], `{ __type(name: """${'x\n'.repeat(SHORT / 2)}`],
  ['a NUL byte', 'must be refused as syntax', [SYNTAX], '{ __typename \u0000 }'],
  ['halves of characters', 'must be refused as syntax', [SYNTAX], `{ __typename ${'\ud800'.repeat(1_000)} }`],
  ['byte order marks', 'they are ignored one by one', [null], `${'\ufeff'.repeat(20_000)}{ __typename }`],
  ['an unknown name of 60 kB', 'the message would repeat it', [INVALID], `{ ${'x'.repeat(SHORT)} }`],
  ['an alias of 60 kB', 'answers would repeat it', [INVALID], `{ ${'x'.repeat(SHORT)}: __typename }`],
  [
    'an unknown argument of 60 kB',
    'suggestions compare it with every name',
    [INVALID],
    `{ __type(${'x'.repeat(SHORT)}: 1) { name } }`,
  ],
  ['a variable of 60 kB', 'paths would repeat it', [INVALID], `query($${'x'.repeat(SHORT)}: Int) { __typename }`],
  ['a fragment of 60 kB', 'messages would repeat it', [INVALID], `{ ...${'x'.repeat(SHORT)} }`],
  ['a directive of 60 kB', 'messages would repeat it', [INVALID], `{ __typename @${'x'.repeat(SHORT)} }`],
  ['a type of 60 kB', 'suggestions compare it with every type', [INVALID], `query($a: ${'X'.repeat(SHORT)}) { __typename }`],
  ['an operation of 60 kB', 'messages would repeat it', [INVALID], `query ${'x'.repeat(SHORT)} { __typename }`],
  [
    'an enum value of 60 kB',
    'suggestions compare it with every value',
    [INVALID],
    `{ __type(name: ${'X'.repeat(SHORT)}) { name } }`,
  ],
  ['a number of 60 kB', 'messages would repeat it', [INVALID], `{ __type(name: ${'1'.repeat(SHORT)}) { name } }`],
  ['a fraction of 60 kB', 'messages would repeat it', [INVALID], `{ __type(name: 1.${'1'.repeat(SHORT)}) { name } }`],
];

const many: readonly Row[] = [
  ['2,500 tokens', 'the parser makes nodes of all', [EXPENSIVE], `{ ${'__typename '.repeat(2_500)} }`],
  ['1,900 equal fields', 'each pair is compared', [EXPENSIVE], `{ ${'__typename '.repeat(1_900)} }`],
  ['1,900 equal unknown fields', 'each is an error, each pair is compared', [EXPENSIVE], `{ ${'x '.repeat(1_900)} }`],
  ['290 equal fields', 'each pair is compared', [null], `{ ${'__typename '.repeat(290)} }`],
  ['1,900 unknown fields', 'each is an error with suggestions', [INVALID], `{ ${times(1_900, (n) => `sessions${n}`)} }`],
  ['600 aliases of one field', 'each is resolved', [EXPENSIVE], `{ ${times(600, (n) => `a${n}: __typename`)} }`],
  [
    '40 aliases in fragments',
    'each is resolved',
    [EXPENSIVE],
    `{ ...A } ${onQuery(
      'A',
      times(40, (n) => `a${n}: __schema { queryType { name } }`),
    )}`,
  ],
  ['500 operations', 'each is validated on its own', [INVALID, EXPENSIVE], times(480, () => '{ __typename }')],
  ['400 named operations', 'each is validated on its own', [INVALID], times(390, (n) => `query Q${n} { __typename }`)],
  [
    '200 operations over 200 fragments',
    'each operation walks every fragment',
    [INVALID, EXPENSIVE],
    `${times(120, (n) => `query Q${n} { ...F0 }`)} ${times(110, (n) => onQuery(`F${n}`, `__typename ${n === 109 ? '' : spread(`F${n + 1}`)}`))}`,
  ],
  ['200 unused fragments', 'each is an error', [INVALID], `{ __typename } ${times(200, (n) => onQuery(`F${n}`, '__typename'))}`],
  ['200 fragments of one name', 'each is an error', [INVALID], `{ ...F } ${times(200, () => onQuery('F', '__typename'))}`],
  ['600 unknown fragments', 'each is an error', [INVALID], `{ ${times(600, (n) => spread(`F${n}`))} }`],
  [
    '200 fragments side by side',
    'each pair is compared',
    [INVALID, null, EXPENSIVE],
    `{ ${times(200, (n) => spread(`F${n}`))} } ${times(200, (n) => onQuery(`F${n}`, '__typename'))}`,
  ],
  [
    '600 directives on one field',
    'each is checked against the others',
    [EXPENSIVE],
    `{ __typename ${'@skip(if: false) '.repeat(390)} }`,
  ],
  ['600 unknown directives', 'each is an error', [EXPENSIVE], `{ __typename ${times(600, (n) => `@d${n}`)} }`],
  [
    'a directive on each of 300 fields',
    'each is evaluated',
    [EXPENSIVE],
    `{ ${times(300, () => '__typename @skip(if: true)')} }`,
  ],
  [
    'directives on the operation',
    'no limit counted them',
    [INVALID, EXPENSIVE],
    `query ${'@skip(if: true) '.repeat(300)} { __typename }`,
  ],
  [
    'directives on fragments',
    'no limit counted them',
    [INVALID, EXPENSIVE],
    `{ ...F ${'@skip(if: true) '.repeat(100)} } ${onQuery('F', '__typename')}`,
  ],
  [
    'directives on a variable',
    'no limit counted them',
    [INVALID, EXPENSIVE],
    `query($a: Int ${'@x '.repeat(600)}) { __typename }`,
  ],
  ['400 unused variables', 'each is an error', [INVALID], `query(${times(400, (n) => `$a${n}: Int`)}) { __typename }`],
  [
    '400 variables of one name',
    'each is an error',
    [INVALID],
    `query(${times(400, () => '$a: Int')}) { __type(name: $a) { name } }`,
  ],
  [
    '400 unknown types',
    'each is compared with every type',
    [INVALID],
    `query(${times(400, (n) => `$a${n}: Sessions${n}`)}) { __typename }`,
  ],
  [
    '600 unknown arguments',
    'each is an error with suggestions',
    [INVALID],
    `{ __type(${times(600, (n) => `names${n}: 1`)}) { name } }`,
  ],
  ['600 equal arguments', 'each is an error', [INVALID], `{ __type(${'name: "a" '.repeat(600)}) { name } }`],
  ['200 type definitions', 'no part of a request', [INVALID], `{ __typename } ${times(200, (n) => `type T${n} { a: Int }`)}`],
  [
    '200 extensions of the schema',
    'no part of a request',
    [INVALID],
    `{ __typename } ${times(200, () => 'extend type Query { a: Int }')}`,
  ],
  ['a subscription', 'there is none', [INVALID, SYNTAX], `subscription { ${'__typename '.repeat(200)} }`],
  [
    'introspection inside introspection',
    'types lead to fields lead to types',
    [EXPENSIVE, INVALID],
    `{ __schema { types { fields { type { fields { type { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } } } } } }`,
  ],
  ['introspection 35 times', 'each is resolved', [EXPENSIVE], `{ ${times(35, (n) => `a${n}: __schema { types { name } }`)} }`],
];

const deep: readonly Row[] = [
  ['fields 600 levels deep', 'recursion', [EXPENSIVE, INVALID], `${'{ a '.repeat(600)}${'}'.repeat(600)}`],
  [
    'inline fragments 600 levels deep',
    'recursion',
    [INVALID, EXPENSIVE, null],
    `{ ${'... { '.repeat(600)} __typename ${'}'.repeat(601)}`,
  ],
  ['a list literal 900 levels deep', 'recursion', [INVALID], `{ __type(name: ${'['.repeat(900)}${']'.repeat(900)}) { name } }`],
  [
    'an object literal 600 levels deep',
    'recursion',
    [INVALID],
    `{ __type(name: ${'{a: '.repeat(450)}1${'}'.repeat(450)}) { name } }`,
  ],
  ['a list type 900 levels deep', 'recursion', [INVALID], `query($a: ${'['.repeat(900)}Int${']'.repeat(900)}) { __typename }`],
  ['brackets without an end', 'recursion', UNENDING, `{ __type(name: ${'['.repeat(1_900)}`],
  ['a fragment that spreads itself', 'a walk without an end', [INVALID], `{ ...A } ${onQuery('A', '__typename ...A')}`],
  [
    'two fragments that spread each other',
    'a walk without an end',
    [INVALID],
    `{ ...A } ${onQuery('A', '...B')} ${onQuery('B', '...A')}`,
  ],
  [
    'a ring of 200 fragments',
    'a walk without an end',
    [INVALID],
    `{ ...F0 } ${times(200, (n) => onQuery(`F${n}`, spread(`F${(n + 1) % 200}`)))}`,
  ],
  [
    '20 fragments that all spread all',
    'as many ways as 20 things have orders',
    [INVALID],
    `{ ...F0 } ${times(20, (n) =>
      onQuery(
        `F${n}`,
        times(20, (other) => spread(`F${other}`)),
      ),
    )}`,
  ],
  [
    '30 fragments that spread all others, unused',
    'as many ways as 30 things have orders',
    [INVALID],
    `{ __typename } ${times(28, (n) =>
      onQuery(
        `F${n}`,
        times(28, (other) => spread(`F${other}`)),
      ),
    )}`,
  ],
  [
    'a chain of 180 fragments',
    'recursion',
    [null, EXPENSIVE, INVALID],
    `{ ...F0 } ${times(180, (n) => onQuery(`F${n}`, n === 179 ? '__typename' : spread(`F${n + 1}`)))}`,
  ],
  [
    'fragments that double 40 times',
    'fields are as many as two to the 40th',
    [EXPENSIVE, null],
    `{ ...F0 } ${times(40, (n) => onQuery(`F${n}`, n === 39 ? '__typename' : `${spread(`F${n + 1}`)} ${spread(`F${n + 1}`)}`))}`,
  ],
  [
    'aliases that double 13 times',
    'fields are as many as two to the 13th',
    [EXPENSIVE],
    `{ __schema { queryType { ...F0 } } } ${times(13, (n) => `fragment F${n} on __Type { a: ofType { ...F${n + 1} } b: ofType { ...F${n + 1} } }`)} fragment F13 on __Type { name }`,
  ],
  [
    'fields that merge through fragments',
    'each pair is compared through every fragment',
    [EXPENSIVE, INVALID, null],
    `{ __schema { types { ...F0 } } } ${times(30, (n) => `fragment F${n} on __Type { ofType { ...F${n + 1} } ofType { ...F${n + 1} } ofType { ...F${n + 1} } }`)} fragment F30 on __Type { name }`,
  ],
  [
    'fields that cannot merge',
    'each pair is an error that names the others',
    [INVALID],
    `{ __schema { queryType { ${times(14, (n) => `a: fields(includeDeprecated: ${n % 2 === 0}) { name }`)} } } }`,
  ],
  [
    'nested fields that cannot merge',
    'messages hold the messages below',
    [INVALID, EXPENSIVE],
    `{ ${times(14, (n) => `__schema { queryType { fields { type { a: ${n % 2 === 0 ? 'name' : 'kind'} } } } }`)} }`,
  ],
];

/** What lists cost whose size is a lie, or has no limit of its own. */
function lists({ list, inner, back, session, choices }: Dialect, facts: Facts): readonly Row[] {
  const name = choices.slice(choices.indexOf('$data: [') + 8, choices.indexOf('!]'));
  const filtered = (values: string) => choices.replace(/\(\$data[^)]*\)/, '').replace('$data', values);
  const nest = (depth: number) => `${`${inner} { id ${back} { `.repeat(depth)} id ${'} }'.repeat(depth)}`;
  const page = (size: string, rest = '') => `${list}(first: ${size}) ${rest} { edges { node { id } } }`;
  const skipped = times(20, (n) => `s${n}: ${page('-2000000000', '@skip(if: true)')}`);
  return [
    [
      'a negative size in a skipped field',
      'it made the whole query cost less than nothing',
      [INPUT, EXPENSIVE, ...CLOSED],
      `{ a: ${page('-2000000000', '@skip(if: true)')} }`,
    ],
    [
      'negative sizes beside a query of a payer',
      'they paid for what is below a session',
      [INPUT, EXPENSIVE, ...CLOSED],
      `{ ${skipped} ${session(facts, nest(5))} }`,
    ],
    [
      'a negative size in a fragment',
      'the same in another place',
      [INPUT, EXPENSIVE, ...CLOSED],
      `{ ...F } ${onQuery('F', page('-1'))}`,
    ],
    [
      'a negative size as a default',
      'the same in another place',
      [INPUT, ...CLOSED],
      `query($n: Int = -5) { a: ${page('$n', '@skip(if: true)')} }`,
    ],
    [
      'a negative size that is included never',
      'the same in another place',
      [INPUT, ...CLOSED],
      `{ a: ${page('-5', '@include(if: false)')} }`,
    ],
    [
      'a negative last',
      'the same by another argument',
      [INPUT, ...CLOSED],
      `{ ${list}(last: -7) @skip(if: true) { totalCount } }`,
    ],
    [
      'a negative take',
      'the same by another argument',
      [INPUT, ...CLOSED],
      `{ ${list}(take: -7) @skip(if: true) { totalCount } }`,
    ],
    ['a size of 2^31-1', 'the largest integer', [INPUT, EXPENSIVE, ...CLOSED], `{ a: ${page('2147483647', '@skip(if: true)')} }`],
    ['a size beyond integers', 'it could become infinite', [INVALID], `{ ${page('99999999999999999999')} }`],
    ['a size of 1e999', 'it is infinite', [INVALID], `{ ${page('1e999')} }`],
    ['a size of 60,000 digits', 'it is infinite, and long', [INVALID], `{ ${page('9'.repeat(SHORT))} }`],
    [
      'pages inside pages',
      'sizes multiply',
      [EXPENSIVE, 'UNAUTHENTICATED', 'FORBIDDEN'],
      `query($n: Int) { ${list}(first: $n) { edges { node { ${nest(4)} } } } }`,
    ],
    [
      'a list without a size, 3 times inside itself',
      'a session with 20 attempts has 20 items at each level',
      [EXPENSIVE, ...NO_ACCESS],
      `{ ${session(facts, nest(3))} }`,
    ],
    [
      'a list without a size, 5 times inside itself',
      '20 to the 5th',
      [EXPENSIVE, ...NO_ACCESS],
      `{ ${session(facts, nest(5))} }`,
    ],
    [
      'the same with many fields at the end',
      '8,000 times 60',
      [EXPENSIVE, ...NO_ACCESS],
      `{ ${session(facts, `${inner} { ${back} { ${inner} { ${back} { ${inner} { id ${times(25, (n) => `a${n}: id`)} ${'status '.repeat(60)} } } } } }`)} }`,
    ],
    [
      'a list literal of 1,900 values',
      'each is checked',
      [INVALID, INPUT, EXPENSIVE, 'UNAUTHENTICATED', 'FORBIDDEN'],
      filtered(`[${'SUCCEEDED '.repeat(1_900)}]`),
    ],
    [
      'a list literal of 1,900 wrong values',
      `each is compared with every ${name}`,
      [INVALID],
      filtered(`[${times(1_900, (n) => `SUCCEEDE${n}`)}]`),
    ],
    ['a list literal of 900 lists', 'each is an error', [INVALID], filtered(`[${'[] '.repeat(900)}]`)],
    ['a list literal of 600 objects', 'each is an error', [INVALID], filtered(`[${'{a: 1} '.repeat(300)}]`)],
  ];
}

export function documentAttacks(dialect: Dialect, facts: Facts): readonly Attack[] {
  return [...long, ...many, ...deep, ...lists(dialect, facts)].map(([name, reason, codes, query]) => ({
    name,
    reason,
    codes,
    request: posted(dialect.path, { query }),
  }));
}
