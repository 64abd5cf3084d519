import { readInPlatform } from '@gatehouse/db/tenant'
import { recordDenials, toOutbox } from '@gatehouse/events/denials'
import { outbox } from '@gatehouse/events/outbox'
import type { TellDenial } from '@gatehouse/http/denials'
import { serverOptions } from '@gatehouse/testing/server-options'
import { expect, test, vi } from 'vitest'
import { buildApp } from '../app.ts'
import { isToldOtherwise } from '../denials.ts'
import { harness, newcomer } from '../harness.ts'

const { testIssuer, ...deps } = await harness()
const { db } = deps
const options = serverOptions('auth', testIssuer)

/** Two replicas as their processes have them: each counts what it refuses, and writes down the count when it ends. */
function startReplicas() {
  let noted = 0
  const replicas = [1, 2].map(() => {
    const denials = recordDenials({
      service: 'auth',
      write: toOutbox(db),
      log: options.log,
      windowMs: 60_000,
    })
    const onDenied: TellDenial = (denial) => {
      if (isToldOtherwise(denial)) return
      denials.note(denial)
      noted += 1
    }
    return { app: buildApp({ ...options, onDenied }, deps), denials }
  })
  return {
    app: (n: number) => replicas[n % replicas.length]?.app ?? expect.unreachable(),
    /** A request is noted after it is answered. */
    noted: () => noted,
    stop: () => Promise.all(replicas.map(({ denials }) => denials.stop())),
  }
}

/** What the log is told of those who come from an address. */
async function toldOf(address: string) {
  const rows = await readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(outbox.position))
  return rows
    .map(
      ({ payload }) =>
        payload as { type: string; sourceip: string; data: { reason?: string; count?: number } },
    )
    .filter(({ type, sourceip }) => sourceip === address && /^(login\.failed|access\.denied)$/.test(type))
}

test.each([
  ['somebody has', '198.51.100.1'],
  ['nobody has', '198.51.100.2'],
])(
  'D2: of 200 wrong logins at an account that %s each guess is told of, and what was refused is counted to the last',
  async (who, from) => {
    const replicas = startReplicas()
    const { email } = newcomer()
    if (who === 'somebody has')
      await replicas
        .app(0)
        .inject({ method: 'POST', url: '/api/auth/register', payload: newcomer({ email }) })
    const guess = (n: number) =>
      replicas.app(n).inject({
        method: 'POST',
        url: '/api/auth/login',
        payload: { email, password: 'not the right one at all' },
        remoteAddress: from,
      })
    // The guesses one after the other, so that none is sent away for want of processors.
    for (let n = 0; n < 10; n++) expect((await guess(n)).statusCode).toBe(401)
    for (let n = 10; n < 200; n += 19) {
      const answers = await Promise.all(Array.from({ length: 19 }, (_, i) => guess(n + i)))
      expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([429]))
    }
    await vi.waitFor(() => expect(replicas.noted()).toBe(190), { timeout: 15_000 })
    await replicas.stop()

    const told = await toldOf(from)
    const reasons = told.filter(({ type }) => type === 'login.failed').map(({ data }) => data.reason)
    const guessed = who === 'somebody has' ? 'wrong_password' : 'unknown_user'
    expect(reasons.sort()).toEqual(['rate_limited', ...Array(10).fill(guessed)])
    const refused = told.filter(({ type }) => type === 'access.denied')
    expect(refused.reduce((sum, { data }) => sum + Number(data.count), 10)).toBe(200)
    // Of each replica what it told at once, and the rest.
    expect(refused.length).toBeLessThanOrEqual(4)
    for (const { data } of refused)
      expect(data).toMatchObject({ status: 429, method: 'POST', route: '/api/auth/login' })
  },
)
