import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { parseSettings } from './load-settings.ts'
import { serverSettings } from './server-settings.ts'
import {
  boolean,
  durationMs,
  fraction,
  integer,
  key,
  networks,
  oneOf,
  setting,
  text,
  url,
} from './setting.ts'

const read = (schema: z.ZodType, value: string) => {
  const result = parseSettings(z.object({ IT: schema }), { IT: value })
  return 'settings' in result ? result.settings.IT : result.faults
}
const thirtyTwoBytes = randomBytes(32)

test.each([
  ['8080', integer(0, 65_535), 8080],
  ['0.25', fraction(), 0.25],
  ['false', boolean(), false],
  ['warn', oneOf('info', 'warn'), 'warn'],
  ['250ms', durationMs(), 250],
  ['7d', durationMs(), 604_800_000],
  ['https://id.example.com/base//', url('http', 'https'), 'https://id.example.com/base'],
  ['postgres://app:secret@db:5432/auth', url('postgres'), 'postgres://app:secret@db:5432/auth'],
  [thirtyTwoBytes.toString('base64'), key(), thirtyTwoBytes],
  ['10.0.0.0/8, fd00::/8,127.0.0.1', networks(), ['10.0.0.0/8', 'fd00::/8', '127.0.0.1']],
])('%s is read', (given, schema, value) => {
  expect(read(schema, given)).toEqual(value)
})

test.each([
  ['65536', integer(0, 65_535), 'a whole number from 0 to 65535'],
  ['80 ', integer(0, 65_535), 'a whole number'],
  ['1e3', integer(0, 65_535), 'a whole number'],
  ['1.1', fraction(), 'a number from 0 to 1'],
  ['.5', fraction(), 'a number from 0 to 1'],
  ['yes', boolean(), 'true or false'],
  ['constructor', boolean(), 'true or false'],
  ['WARN', oneOf('info', 'warn'), 'one of info, warn'],
  ['30', durationMs(), 'a length of time'],
  ['http://id.example.com', url('https'), 'a URL beginning with https://'],
  ['http:', url('http'), 'a URL'],
  [randomBytes(31).toString('base64'), key(), '32 bytes in base64'],
  [thirtyTwoBytes.toString('hex'), key(), '32 bytes in base64'],
  ['10.0.0.0/33', networks(), 'networks such as'],
  ['010.0.0.1', networks(), 'networks such as'],
  ['10.0.0.0/8,', networks(), 'networks such as'],
  ['fd00::/8/8', networks(), 'networks such as'],
  ['too short', text(16), 'a text of at least 16 characters'],
])('%s is refused where it is not what the setting needs', (given, schema, what) => {
  expect(read(schema, given)).toEqual([expect.stringContaining(`IT is wrong: it must be ${what}`)])
})

test('every fault is listed at once, by name, and what is missing is told from what is wrong', () => {
  const schema = z.object({ ...serverSettings, DATABASE_URL: url('postgres'), SERVICE_SECRET: text(32) })
  const environment = { PORT: 'eighty', SERVICE_SECRET: 'hunter2', DATABASE_URL: '' }
  expect(parseSettings(schema, environment)).toEqual({
    faults: [
      'PORT is wrong: it must be a whole number from 0 to 65535.',
      'ISSUER is missing: it must be a URL beginning with http:// or https://.',
      'DATABASE_URL is missing: it must be a URL beginning with postgres://.',
      'SERVICE_SECRET is wrong: it must be a text of at least 32 characters.',
    ],
  })
})

test('what is not set, or empty, has its default', () => {
  const result = parseSettings(z.object(serverSettings), { ISSUER: 'http://localhost:8080/', PORT: '' })
  expect(result).toEqual({
    settings: {
      HOST: '127.0.0.1',
      PORT: 8080,
      LOG_LEVEL: 'info',
      TRUSTED_PROXIES: [],
      ISSUER: 'http://localhost:8080',
      DRAIN_GRACE: 0,
    },
  })
})

test('a package can declare a kind of setting of its own', () => {
  const even = setting('an even number', (value) => (Number(value) % 2 === 0 ? Number(value) : undefined))
  expect(read(even, '4')).toBe(4)
  expect(read(even, '5')).toEqual(['IT is wrong: it must be an even number.'])
})

test('a process with faulty settings says all of them, no secret among them, and exits with 1', () => {
  const program = `
    import * as z from 'zod'
    import { loadSettings } from './src/load-settings.ts'
    import { integer, text } from './src/setting.ts'
    loadSettings(z.object({ PORT: integer(1, 9), SECRET: text(99) }))
    console.log('went on')`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('..', import.meta.url),
    env: { SECRET: 'hunter2' },
    encoding: 'utf8',
  })
  expect(run).toMatchObject({ status: 1, stdout: '' })
  expect(run.stderr).toContain('PORT is missing')
  expect(run.stderr).toContain('SECRET is wrong')
  expect(run.stderr).not.toContain('hunter2')
})
