import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  plugins: [
    {
      // As `commonjs-drizzle.ts` of packages/db does for the services, here for each test file.
      name: 'commonjs-drizzle',
      enforce: 'pre',
      resolveId: (id, importer) =>
        id.startsWith('drizzle-orm') && importer ? createRequire(importer).resolve(id) : undefined,
    },
  ],
  test: {
    include: ['{apps,packages,infra}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.gatehouse/**', '**/*.chaos.test.ts'],
    globalSetup: ['packages/testing/src/servers.ts'],
    pool: 'forks',
    // Its own default leaves a core idle.
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // A busy machine is no fault of what is waited for.
    expect: { poll: { timeout: 10_000 } },
  },
})
