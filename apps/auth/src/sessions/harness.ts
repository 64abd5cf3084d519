import type { RegisterPerson } from '@gatehouse/contracts/internal'
import { connect, type Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { serverOptions } from '@gatehouse/testing/server-options'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { inject } from 'vitest'
import { buildApp } from '../app.ts'
import { harness, origin } from '../harness.ts'
import type { Amr } from '../sign-in.ts'
import { startSession } from './start-session.ts'

/** Two instances of auth on one database, people in the directory, and sessions of theirs. */
export async function sessionHarness() {
  const deps = await harness()
  const secondApp = buildApp(serverOptions('auth', deps.testIssuer), deps)
  await secondApp.ready()
  const { app, db, directory } = deps
  const directoryDb = connect({ url: inject('directoryDatabaseUrl'), poolSize: 1, applicationName: 'test' })

  /** Enters somebody new into the directory; `given` stands in for what is made up. */
  const enter = (given: Partial<RegisterPerson> = {}) => {
    const [userId, tenantId] = [uuidv7(), uuidv7()]
    const names = { email: `${userId}@people.example`, firstName: 'Ada', lastName: 'Lovelace' }
    return directory.register({ userId, tenantId, ...names, ...given }, origin)
  }

  return {
    ...deps,
    secondApp,
    enter,

    /** A new session of somebody. */
    signIn: async (
      who: Awaited<ReturnType<typeof enter>>,
      { amr = ['pwd'] as Amr[], from = origin } = {},
    ) => {
      const tokens = await startSession(deps, who, { method: 'password', amr }, from)
      const [, payload = ''] = tokens.accessToken.split('.')
      const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string }
      return { ...tokens, sessionId: sid, headers: { authorization: `Bearer ${tokens.accessToken}` } }
    },

    refresh: (refreshToken: string, of = app) =>
      of.inject({ method: 'POST', url: '/api/auth/refresh', payload: { refreshToken } }),

    /** Makes somebody a member of a tenant, with the role of its administrator. */
    async join(userId: string, tenantId: string) {
      await directoryDb.orm.execute(
        sql`insert into memberships (tenant_id, user_id) values (${tenantId}, ${userId})`,
      )
      await directoryDb.orm.execute(sql`insert into role_assignments (tenant_id, user_id, role_id)
        select ${tenantId}::uuid, ${userId}::uuid, id from roles where name = 'tenant-admin'`)
    },

    /** Brings the directory into a state that nothing of its API leads to. */
    inDirectory: (statement: SQL) => directoryDb.orm.execute(statement),

    inAuth: (statement: SQL) => inPlatform(db, (tx) => tx.execute(statement)),

    ...telling(db),
  }
}

/** What was told of sessions. */
const telling = (db: Database) => ({
  /** The event that a session was ended. */
  async ending(sessionId: string) {
    const isEnding = and(eq(outbox.aggregateId, sessionId), eq(outbox.subject, 'identity.auth.session.ended'))
    const [row] = await readInPlatform(db, (tx) => tx.select().from(outbox).where(isEnding))
    return row?.payload
  },

  /** What was told of a session, oldest first; that it was revoked last, if it was. */
  async story(sessionId: string) {
    const rows = await readInPlatform(db, (tx) =>
      tx.select().from(outbox).where(eq(outbox.aggregateId, sessionId)).orderBy(outbox.position),
    )
    const revoked = await readInPlatform(db, (tx) =>
      tx
        .select()
        .from(outbox)
        .where(eq(outbox.subject, `revocation.auth.session.${sessionId}`)),
    )
    return [...rows, ...revoked].map(({ subject }) =>
      subject.replace(/^(identity|revocation)\.auth\./, '').replace(`.${sessionId}`, '.revoked'),
    )
  },
})
