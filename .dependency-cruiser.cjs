// The import table of ARCHITECTURE.md as rules. `from` folder -> what it may reach inside the house.
const houses = [
  'protocol',
  'transport',
  'market',
  'simulator',
  'server',
  'client',
  'console',
  'loadtests',
  'reports',
  'cli',
];
const tests = '\\.(test|full)\\.ts$';

/** Forbids every house but the allowed ones. */
function only(name, from, allowed, pathNot = tests) {
  const barred = houses.filter((house) => !allowed.includes(house));
  return {
    name,
    severity: 'error',
    comment: `${from} may import ${allowed.join(', ')} alone`,
    from: { path: from, pathNot },
    to: { path: `^(${barred.join('|')})/` },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: [tests, '^loadtests/k6/'] },
      to: {},
    },
    {
      name: 'no-unlisted-packages',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'unknown', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages-outside-tests',
      severity: 'error',
      from: { pathNot: [tests, '^loadtests/k6/', '^loadtests/properties/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'uws-in-one-file',
      severity: 'error',
      comment: 'one file imports uWebSockets.js',
      from: { pathNot: '^transport/uws\\.ts$' },
      to: { path: 'node_modules/(uWebSockets\\.js|uwebsockets)' },
    },
    only('protocol-alone', '^protocol/', ['protocol']),
    {
      name: 'protocol-without-packages',
      severity: 'error',
      from: { path: '^protocol/(?!schemas/|codecs/)', pathNot: tests },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'] },
    },
    only('transport-alone', '^transport/', ['transport']),
    only('market-pure', '^market/', ['market', 'protocol']),
    {
      name: 'market-without-io',
      severity: 'error',
      comment: 'the core has no clock, randomness or I/O',
      from: { path: '^market/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    only('client-on-protocol', '^client/', ['client', 'protocol']),
    only('simulator', '^simulator/', ['simulator', 'market', 'protocol', 'transport']),
    only(
      'server',
      '^server/',
      ['server', 'market', 'protocol', 'transport'],
      [tests, '^server/feeds/(embedded|lapFeed)\\.ts$'],
    ),
    only('server-embedded-feed', '^server/feeds/(embedded|lapFeed)\\.ts$', [
      'server',
      'market',
      'protocol',
      'transport',
      'simulator',
    ]),
    {
      name: 'k6-is-pure',
      severity: 'error',
      from: { path: '^loadtests/k6/' },
      to: { path: '^(?!(protocol|loadtests|reports/histogram\\.ts|node_modules/@types/k6|k6))' },
    },
    only(
      'loadtests',
      '^loadtests/',
      ['loadtests', 'client', 'protocol', 'market', 'simulator', 'transport', 'reports'],
      [tests, '^loadtests/properties/protocolServer\\.ts$'],
    ),
    only('fuzzed-server', '^loadtests/properties/protocolServer\\.ts$', ['loadtests', 'protocol', 'server']),
    {
      name: 'loadtests-takes-only-the-histogram-of-reports',
      severity: 'error',
      from: { path: '^loadtests/', pathNot: tests },
      to: { path: '^reports/(?!histogram\\.ts$)' },
    },
    {
      name: 'loadtests-takes-only-types-of-market',
      severity: 'error',
      from: { path: '^loadtests/', pathNot: [tests, '^loadtests/properties/'] },
      to: { path: '^market/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'oracle-stands-apart',
      severity: 'error',
      comment: 'the oracle never imports the engine',
      from: { path: '^loadtests/oracle/', pathNot: tests },
      to: { path: '^(market|server|simulator)/', dependencyTypesNot: ['type-only'] },
    },
    only('reports-on-protocol', '^reports/', ['reports', 'protocol']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A package of its own, with the providers' client libraries.
    exclude: { path: '^loadtests/realclients/clients/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
