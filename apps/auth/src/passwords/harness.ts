import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { eq, type SQL, sql } from 'drizzle-orm'
import { harness as authHarness, newcomer, openMailbox } from '../harness.ts'
import { credentials } from '../tables.ts'

export const newPassword = 'a very different kettle of fish'

/** Auth with its mailbox, and people in it. */
export async function harness(options: Parameters<typeof authHarness>[0] = {}) {
  const auth = await authHarness(options)
  const { app, db } = auth
  const post = (url: string, payload: object, { token = '', ...headers }: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: `/api${url}`,
      payload,
      headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    })
  const logIn = (email: string, password: string) => post('/auth/login', { email, password })
  return {
    ...auth,
    ...(await openMailbox(auth)),
    post,
    logIn,
    forgot: (email: string, headers = {}) => post('/auth/forgot-password', { email }, headers),
    reset: (token: string, given: object = {}) =>
      post('/auth/reset-password', { token, newPassword, ...given }),
    refresh: (refreshToken: string) => post('/auth/refresh', { refreshToken }),
    async register(given: object = {}) {
      const person = newcomer(given)
      const { accessToken, refreshToken, user } = (await post('/auth/register', person)).json()
      return {
        ...person,
        token: accessToken as string,
        refreshToken,
        id: user.id as string,
        tenantId: user.tenantId,
      }
    },
    /** As somebody is who signs in through another provider alone. */
    takePassword: (userId: string) =>
      inPlatform(db, async (tx) => void (await tx.delete(credentials).where(eq(credentials.userId, userId)))),
    /** What was told of somebody's tenant, in the order in which it happened. */
    eventsOf: (tenantId: string) =>
      readInPlatform(db, (tx) =>
        tx
          .select({ subject: outbox.subject, payload: outbox.payload })
          .from(outbox)
          .where(eq(outbox.tenantId, tenantId))
          .orderBy(outbox.position),
      ),
  }
}

/** What keeps somebody out whatever they know. */
export const outsiders: [string, (person: { id: string; tenantId: string }) => SQL][] = [
  ['a suspended person', ({ id }) => sql`update users set status = 'suspended' where id = ${id}`],
  [
    'somebody of a suspended tenant',
    ({ tenantId }) => sql`update tenants set status = 'suspended' where id = ${tenantId}`,
  ],
]
