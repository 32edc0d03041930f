/** Who may import whom: ARCHITECTURE.md tells why. */
const FEATURES = '^src/(sessions|transactions|customers|payment-methods|merchants|merchant-webhooks|overview)/';
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'Each module can be read without the one that reads it.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule(
      'kernel-is-below-all',
      'The kernel knows nothing of ours.',
      { path: '^src/kernel/' },
      { path: '^src/', pathNot: '^src/kernel/' },
    ),
    rule(
      'kernel-has-no-io',
      'The kernel reaches no network and no disk.',
      { path: '^src/kernel/' },
      { path: '^(node:)?(fs|net|http|https|child_process)(/|$)' },
    ),
    rule(
      'pure-life-cycles',
      'Life cycles are data and pure functions.',
      { path: '^src/(sessions/session|transactions/transaction)\\.ts$' },
      { path: '^src/', pathNot: '^src/(kernel|providers/provider\\.ts)' },
    ),
    rule(
      'features-stand-alone',
      'Features know no dialect, no HTTP, no concrete provider.',
      { path: FEATURES },
      {
        path: '^src/(graphql|accrupay|endpoint|http|cli|bank|simulator|providers/(?!(provider|shapes|descriptors?|credentials)\\.ts)|app\\.ts|main\\.ts|config\\.ts)',
      },
    ),
    rule(
      'features-schedule-through-rows',
      'Features leave the job runner to app.ts.',
      { path: FEATURES },
      { path: '^src/jobs/' },
    ),
    rule(
      'stores-are-apart',
      'A store knows the database and its own feature, not another store.',
      { path: '^src/([^/]+)/[\\w-]*store\\.ts$' },
      { path: '^src/[^/]+/[\\w-]*store\\.ts$', pathNot: '^src/($1/|sessions/stuck-store\\.ts)' },
    ),
    rule(
      'sql-stays-in-stores',
      'Stores and the database layer alone write SQL. Others ask whether a write met a constraint.',
      { path: '^src/', pathNot: '^src/(database|generated)/|^src/[^/]+/[\\w-]*store\\.ts$' },
      {
        path: '^src/generated/prisma/|^src/database/(sql|table|page|lock|server|embedded)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'transactions-are-below-sessions',
      'Sessions stand on transactions.',
      { path: '^src/transactions/' },
      { path: '^src/sessions/' },
    ),
    rule(
      'overview-is-above-what-it-counts',
      'The overview counts sessions and transactions, which know nothing of it.',
      { path: '^src/', pathNot: '^src/(overview/|graphql/|app\\.ts$)' },
      { path: '^src/overview/' },
    ),
    rule(
      'live-is-above-what-it-follows',
      'Streams read sessions, events and keys, which know nothing of them.',
      { path: '^src/', pathNot: '^src/(live/|graphql/|deps\\.ts$|app\\.ts$)' },
      { path: '^src/live/' },
    ),
    rule(
      'operations-are-below-features',
      'Operations, events and jobs know no feature.',
      { path: '^src/(operations|events|jobs)/' },
      {
        path: '^src/(sessions|transactions|customers|payment-methods|merchants|merchant-webhooks|overview|graphql|accrupay|endpoint|http|cli|bank|webhooks)/',
      },
    ),
    rule(
      'personal-data-is-below-features',
      'The erasure knows tables and no feature.',
      { path: '^src/personal-data/' },
      { path: '^src/', pathNot: '^src/(personal-data|kernel|database|generated|events|operations|providers/provider\\.ts)' },
    ),
    rule(
      'bank-is-a-world-of-its-own',
      'The bank knows the kernel and its tables.',
      { path: '^src/bank/' },
      { path: '^src/', pathNot: '^src/(bank|kernel|database|generated)/' },
    ),
    rule(
      'simulator-stands-apart',
      'The simulator reads the vendors’ rules for itself.',
      { path: '^src/simulator/' },
      { path: '^src/', pathNot: '^src/(simulator|bank|kernel|database|generated)/' },
    ),
    rule(
      'providers-know-the-port',
      'A provider knows the port, the kernel and its vendor, or the bank.',
      { path: '^src/providers/([^/]+)/' },
      { path: '^src/', pathNot: '^src/(kernel/|providers/(provider|shapes|descriptor)\\.ts|providers/$1/|bank/)' },
    ),
    rule(
      'dialect-stands-on-operations',
      'A dialect calls operations and never a store.',
      { path: '^src/(graphql|accrupay|endpoint)/' },
      {
        path: '^src/(database|generated|bank|jobs|http|cli)/|^src/webhooks/(?!(read|rejection)\\.ts)|/[\\w-]*store\\.ts$|^src/providers/(?!(provider|shapes|descriptors?|credentials)\\.ts)',
      },
    ),
    rule(
      'dialects-are-apart',
      'Each dialect can be removed without the other; what both need is in endpoint.',
      { path: '^src/(graphql|accrupay)/' },
      { path: '^src/(graphql|accrupay)/', pathNot: '^src/$1/' },
    ),
    rule(
      'endpoint-knows-no-dialect',
      'What dialects share does not know which there are.',
      { path: '^src/(endpoint|http)/' },
      { path: '^src/(graphql|accrupay)/' },
    ),
    rule(
      'example-is-a-vendor',
      'The server side of EXAMPLE knows the bank and asks features like any caller.',
      { path: '^src/example/' },
      {
        path: '^src/(graphql|accrupay|endpoint|cli|database|generated|simulator)/|/[\\w-]*store\\.ts$|^src/providers/(?!provider\\.ts|example/)',
      },
    ),
    rule(
      'example-is-wired-in-app',
      'Only the composition root knows the server side of EXAMPLE.',
      { path: '^src/', pathNot: '^src/(example/|app\\.ts$)' },
      { path: '^src/example/' },
    ),
    rule('http-knows-no-bank', 'The bank stands behind the routes of EXAMPLE.', { path: '^src/http/' }, { path: '^src/bank/' }),
    rule(
      'sdk-is-alone',
      'The SDK runs in a shop and at the edge: it needs no server of ours, no package and nothing of Node.js.',
      { path: '^packages/sdk/' },
      { pathNot: '^packages/sdk/src/' },
    ),
    rule('sdk-is-for-shops', 'The gateway does not call itself.', { path: '^src/' }, { path: '^packages/' }),
    rule(
      'console-is-an-outsider',
      'The console asks the API like any dashboard would: it knows the documents, how amounts are written, what providers and events are called, and nothing of the server.',
      { path: '^src/console/' },
      {
        path: '^src/|^node:',
        pathNot:
          '^src/((console|generated/console)/|kernel/(money|decimals|cut|given)\\.ts$|(providers/descriptors|events/event)\\.ts$)',
      },
    ),
    rule(
      'checkout-is-an-outsider',
      'The checkout asks the API as any page of a shop would: it knows its documents, how amounts are written, and nothing of the server.',
      { path: '^src/checkout/' },
      { path: '^src/|^node:', pathNot: '^src/((checkout|generated/checkout)/|kernel/(money|decimals|digits|look-up)\\.ts$)' },
    ),
    rule(
      'vendors-load-when-needed',
      'The code of a vendor reaches a payer only when their session needs it: nothing else of the page imports it.',
      { path: '^src/checkout/', pathNot: '^src/checkout/banks/' },
      { path: '@stripe/stripe-js' },
    ),
    rule(
      'pages-are-built-apart',
      'The server serves the built files of a page and imports none of its code.',
      { path: '^src/', pathNot: '^src/(console|checkout|generated/console|generated/checkout)/' },
      { path: '^src/(console|checkout|generated/console|generated/checkout)/' },
    ),
    rule(
      'only-the-root-composes',
      'app.ts is composed by main and the command line only.',
      { path: '^src/', pathNot: '^src/(main|cli|cli/.*)\\.ts$' },
      { path: '^src/app\\.ts$' },
    ),
    rule(
      'deps-are-stated-below',
      'The whole of the dependencies is known above the features; each of these states the part that it uses.',
      { path: '^src/', pathNot: '^src/(graphql|accrupay|endpoint|http|cli|example)/|^src/app\\.ts$' },
      { path: '^src/deps\\.ts$' },
    ),
    rule('no-tests-in-source', 'What is shipped does not need the tests.', { path: '^src/' }, { path: '^(test|bench|prove)/' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
