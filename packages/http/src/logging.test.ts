import { expect, test } from 'vitest'
import * as z from 'zod'
import { as, endpoint, open, serve, subject } from './harness.ts'
import { createLogger } from './logging.ts'

const validate = endpoint(
  'GET',
  '/api/invites/validate/:token',
  { access: 'users:read' },
  { params: z.object({ token: z.string() }) },
)
const chatty = endpoint('GET', '/api/chatty', open)
const { app, lines } = await serve((app) => {
  app.route({ ...validate, handler: async () => ({}) })
  app.route({
    ...chatty,
    handler: async ({ log }) => {
      log.info({ step: 1, accessToken: 'hunter2' }, 'half way')
      log.child({ part: 'b' }).warn('nearly there')
      return {}
    },
  })
})
const linesOf = (requestId: string) => lines.filter((line) => Object.values(line).includes(requestId))

test('a request leaves one line: its route and not its URL, who, how it ended and how long it took', async () => {
  const headers = {
    ...(await as('users:read')),
    'x-request-id': 'request-0001',
    'x-correlation-id': 'journey-0001',
  }
  await app.inject({ url: '/api/invites/validate/hunter2?token=hunter2', headers })
  expect(linesOf('request-0001')).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'example',
      method: 'GET',
      route: '/api/invites/validate/:token',
      status: 200,
      ms: expect.any(Number),
      requestId: 'request-0001',
      correlationId: 'journey-0001',
      principal: subject,
      kind: 'user',
      tenant: expect.any(String),
      message: 'request',
    },
  ])
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})

test('a request that failed says with which problem', async () => {
  await app.inject({ url: '/api/invites/validate/a', headers: { 'x-request-id': 'request-0004' } })
  expect(linesOf('request-0004')).toMatchObject([{ status: 401, failure: 'auth.unauthenticated' }])
})

test('what a handler logs carries the id of its request', async () => {
  await app.inject({ url: '/api/chatty', headers: { 'x-request-id': 'request-0002' } })
  expect(linesOf('request-0002').map(({ message, level, part }) => ({ message, level, part }))).toEqual([
    { message: 'half way', level: 'info' },
    { message: 'nearly there', level: 'warn', part: 'b' },
    { message: 'request', level: 'info' },
  ])
})

test('probes are not worth a line, unless they fail', async () => {
  const headers = { 'x-request-id': 'request-0003' }
  await app.inject({ url: '/health', headers })
  expect(linesOf('request-0003')).toMatchObject([{ level: 'debug' }])
})

test('no header can break out of its line, or bring a second one', async () => {
  const before = lines.length
  const evil = 'a\u001b[31m{"level":"fatal"}","x":"'
  await app.inject({
    url: '/api/chatty',
    headers: { 'user-agent': evil, 'x-correlation-id': evil, 'x-request-id': evil },
  })
  expect(lines.slice(before)).toHaveLength(3)
  expect(JSON.stringify(lines.slice(before))).not.toContain('fatal')
})

function written(write: (log: ReturnType<typeof createLogger>) => void) {
  const texts: string[] = []
  write(
    createLogger({ service: 'example', level: 'info', stream: { write: (text) => void texts.push(text) } }),
  )
  return texts
}

test('line breaks and control characters in a message stay inside one line', () => {
  const [text = '', ...more] = written((log) => log.info({ name: 'a\r\nb\u001b[2J' }, 'first\r\nsecond'))
  expect(more).toEqual([])
  expect(text.indexOf('\n')).toBe(text.length - 1)
  expect(text).not.toContain('\u001b')
})

test.each([
  'password',
  'newPassword',
  'authorization',
  'Authorization',
  'set-cookie',
  'cookie',
  'accessToken',
  'refresh_token',
  'clientSecret',
  'client_secret',
  'x-api-key',
  'apiKey',
  'mfaCode',
  'privateKey',
  'PASSWORD_PEPPER',
  'credentials',
])('a field called %s never reaches the log, wherever it stands', (name) => {
  const fields = { [name]: 'hunter2', deep: { list: [{ [name]: { value: 'hunter2' } }] } }
  const [text = ''] = written((log) => log.child({ a: 1 }).info(fields, 'message'))
  expect(text).not.toContain('hunter2')
  expect(text).toContain('[redacted]')
  expect(fields.deep.list[0]).toEqual({ [name]: { value: 'hunter2' } })
})

test('an error is logged with its causes, but without what else hangs on it', () => {
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (email)=(ada@example.com)',
  })
  const error = new TypeError('could not write', { cause })
  const [text = ''] = written((log) => log.error({ err: error }, 'failed'))
  expect(JSON.parse(text).err).toMatchObject({
    type: 'TypeError',
    message: 'could not write',
    stack: expect.stringContaining('logging.test.ts'),
    cause: { message: 'duplicate key', code: '23505' },
  })
  expect(text).not.toContain('ada@example.com')
})

test('the parameters of a failed query stay out of the log', () => {
  const error = new Error(
    'Failed query: insert into users values ($1)\nparams: ada@example.com,\n    at hunter2',
  )
  const [text = ''] = written((log) => log.error({ err: error }, 'failed'))
  expect(text).toContain('insert into users values ($1)')
  expect(text).not.toMatch(/ada@example|hunter2/)
  expect(text).toContain('logging.test.ts')
})

test.each([['a text with hunter2'], [undefined], [null], [{ password: 'hunter2' }]])(
  'what is thrown without being an error is not repeated: %j',
  (thrown) => {
    const [text = ''] = written((log) => log.error({ err: thrown }, 'failed'))
    expect(text).not.toContain('hunter2')
  },
)
