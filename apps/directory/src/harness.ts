import { randomBytes } from 'node:crypto'
import { registerPerson } from '@gatehouse/contracts/internal'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { createSeal } from '@gatehouse/keys/seal'
import { createMailQueue } from '@gatehouse/mail/mails'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sweepPlans } from '@gatehouse/testing/plan-sweep'
import { serverOptions } from '@gatehouse/testing/server-options'
import { superuserOf } from '@gatehouse/testing/superuser'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp } from './app.ts'
import type { AuthoriseErasure } from './privacy/ask-auth-to-authorise.ts'
import type { OtherSources } from './privacy/sources.ts'

/** The directory on a database of its own: `db` for the test; `own` as the service has it, whose statements are explained. */
export async function harness({
  otherSources = (async () => []) as OtherSources,
  authoriseErasure = (async () => {}) as AuthoriseErasure,
  erasureGraceMs = 0,
} = {}) {
  const { db, url } = await createTestDatabase('directory')
  const own = sweepPlans(db, { url })
  const issuer = await createTestIssuer()
  const mailSeal = createSeal(randomBytes(32))
  const deps = {
    db: own,
    queueMail: createMailQueue(mailSeal),
    requestKey: randomBytes(32),
    linksUrl: 'http://front.test',
    otherSources,
    authoriseErasure,
    erasureGraceMs,
    hurryErasures: () => {},
  }
  const app = buildApp(serverOptions('directory', issuer), deps)
  await app.ready()

  const asAuth = await issuer.as({
    kind: 'service',
    permissions: ['registrations:write', 'principals:read', 'principals:write'],
  })

  /** Enters somebody as auth does; `given` stands in for what is made up. */
  async function enter(given: Record<string, unknown> = {}) {
    const person = {
      userId: uuidv7(),
      tenantId: uuidv7(),
      email: `${uuidv7()}@people.example`,
      firstName: 'Ada',
      lastName: 'Lovelace',
      ...given,
    }
    const { url, method } = registerPerson
    const answer = await app.inject({ method, url, headers: asAuth, payload: person })
    return { person, answer }
  }

  /** What waits to be published. */
  const emitted = () => readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(outbox.position))

  return {
    app,
    mailSeal,
    db,
    own,
    deps,
    issuer,
    as: issuer.as,
    asAuth,
    enter,
    emitted,
    asSuperuser: superuserOf(url),
  }
}
