import { defineConfig } from 'vitest/config'
import tests from '../vitest.config.ts'

/** Outages that last: too long for the tests of every day. */
export default defineConfig({
  ...tests,
  test: { ...tests.test, include: ['{apps,infra}/**/*.chaos.test.ts'], exclude: ['**/node_modules/**'] },
})
