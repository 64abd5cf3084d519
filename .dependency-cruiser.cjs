/** The one-way street: which package may import which others. */
const street = {
  contracts: [],
  telemetry: [],
  config: [],
  db: ['telemetry'],
  events: ['contracts', 'db', 'telemetry'],
  http: ['contracts', 'telemetry'],
  client: ['contracts', 'telemetry'],
  keys: ['contracts', 'db'],
  throttle: ['contracts', 'db'],
  ledger: [],
  verify: ['ledger'],
  commands: ['config', 'contracts', 'db', 'events', 'keys', 'client'],
  mail: ['db', 'events', 'keys'],
  testing: ['contracts', 'config', 'db', 'events', 'http', 'client', 'keys', 'mail'],
}

const test = '(\\.test|/harness)\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-are-islands',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    { name: 'packages-know-no-app', severity: 'error', from: { path: '^packages/' }, to: { path: '^apps/' } },
    {
      name: 'infra-knows-no-app',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^apps/' },
    },
    ...Object.entries(street).map(([name, allowed]) => ({
      name: `${name}-imports-${allowed.join('-and-') || 'no-package'}`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: test },
      to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
    })),
    {
      name: 'contracts-are-pure',
      severity: 'error',
      from: { path: '^packages/contracts/', pathNot: test },
      to: { pathNot: ['^packages/contracts/', 'node_modules/zod/'] },
    },
    {
      name: 'only-db-knows-the-driver',
      severity: 'error',
      from: { pathNot: ['^packages/db/', test] },
      to: { path: 'node_modules/(postgres|pg)/' },
    },
    {
      name: 'sql-only-in-repositories',
      severity: 'error',
      from: { path: '^apps/[^/]+/src/[^/]+/', pathNot: ['repository\\.ts$', test] },
      to: { path: 'node_modules/drizzle-orm|/tables\\.ts$' },
    },
    {
      name: 'http-only-in-routes',
      severity: 'error',
      from: { path: '^apps/[^/]+/src/[^/]+/', pathNot: ['routes\\.ts$', test] },
      to: { path: '^packages/http/|node_modules/(fastify|@fastify)' },
    },
    {
      name: 'slices-meet-only-at-the-top',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/([^/]+)/' },
      to: { path: '^apps/$1/src/([^/]+)/', pathNot: '^apps/$1/src/$2/' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { pathNot: ['^packages/testing/', '^infra/bench/', test] },
      to: { path: '^packages/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
