import { expect, test } from 'vitest'
import * as z from 'zod'
import { databaseSettings } from './settings.ts'

const settings = z.object(databaseSettings)
const url = 'postgres://app:secret@db.example:5432/gatehouse_auth?sslmode=verify-full'

test('a database is an URL and a number of connections, eight by default', () => {
  expect(settings.parse({ DATABASE_URL: url })).toEqual({ DATABASE_URL: url, DATABASE_POOL_SIZE: 8 })
  const given = { DATABASE_URL: 'postgresql://db/x', DATABASE_POOL_SIZE: '20' }
  expect(settings.parse(given)).toEqual({ DATABASE_URL: 'postgresql://db/x', DATABASE_POOL_SIZE: 20 })
})

test.each([
  [{}, 'must be a postgres:// URL'],
  [{ DATABASE_URL: 'mysql://db/x' }, 'must be a postgres:// URL'],
  [{ DATABASE_URL: 'db.example' }, 'must be a postgres:// URL'],
  [{ DATABASE_URL: url, DATABASE_POOL_SIZE: '0' }, 'must be a whole number from 1 to 999'],
  [{ DATABASE_URL: url, DATABASE_POOL_SIZE: '2.5' }, 'must be a whole number from 1 to 999'],
])('%j %s', (environment, message) => {
  expect(settings.safeParse(environment).error?.issues.map((issue) => issue.message)).toEqual([message])
})
