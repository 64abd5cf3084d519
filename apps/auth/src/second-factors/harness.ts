import { Tokens } from '@gatehouse/contracts/sessions'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { mails } from '@gatehouse/mail/mails'
import { serverOptions } from '@gatehouse/testing/server-options'
import { eq, sql } from 'drizzle-orm'
import { TOTP } from 'otpauth'
import * as z from 'zod'
import { buildApp } from '../app.ts'
import { harness as authHarness, inDirectory } from '../harness.ts'
import { mfaFactors, oneTimeTokens } from '../tables.ts'

/** Auth, and people with second factors in it. */
export async function harness() {
  const auth = await authHarness()
  const { app, db, testIssuer } = auth
  const call = callOf(app)
  return {
    ...auth,
    ...peopleOf(call, db),
    ...seenIn(db),
    call,
    /** Calls another replica on the same database. */
    replica: async () => {
      const other = buildApp(serverOptions('auth', testIssuer), auth)
      await other.ready()
      return callOf(other)
    },
  }
}

type App = ReturnType<typeof buildApp>
type Call = ReturnType<typeof callOf>

const callOf = (app: App) => (url: string, payload?: object, token?: string) =>
  app.inject({
    method: payload ? 'POST' : 'GET',
    url: `/api${url}`,
    ...(payload && { payload }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  })

export interface Person {
  readonly email: string
  readonly password: string
  readonly token: string
  readonly id: string
  readonly tenantId: string
}

const Enrolment = z.object({ secret: z.string(), uri: z.string(), qrCode: z.string() })
const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) })

function peopleOf(call: Call, db: Database) {
  const register = async (): Promise<Person> => {
    const email = `${crypto.randomUUID()}@people.example`
    const password = `${crypto.randomUUID()} kettle`
    const names = { firstName: 'Ada', lastName: 'Lovelace', companyName: 'Analytical Engines' }
    const answer = await call('/auth/register', { email, password, ...names })
    const { accessToken: token, user } = Tokens.parse(answer.json())
    return { email, password, token, id: user.id, tenantId: user.tenantId }
  }

  const enrol = async ({ password, token }: Person) =>
    Enrolment.parse((await call('/users/me/mfa/totp', { password }, token)).json())

  const confirm = ({ token }: Person, code: string) => call('/users/me/mfa/totp/confirm', { code }, token)

  /** Somebody who has an authenticator app, and may use the present code again. */
  const enrolled = async () => {
    const person = await register()
    const { secret } = await enrol(person)
    const { recoveryCodes } = RecoveryCodes.parse((await confirm(person, codeOf(secret))).json())
    await letTimePass(db, person)
    return { ...person, secret, recoveryCodes }
  }

  const logIn = ({ email, password }: Person, mfaCode?: string) =>
    call('/auth/login', { email, password, ...(mfaCode !== undefined && { mfaCode }) })

  return { register, enrol, confirm, enrolled, logIn, letTimePass: (who: Person) => letTimePass(db, who) }
}

/** Moves the last code that was accepted so far back that the present one may be used (again). */
const letTimePass = (db: Database, { id }: Person) =>
  inPlatform(db, (tx) => tx.update(mfaFactors).set({ lastStep: 0 }).where(eq(mfaFactors.userId, id)))

function seenIn(db: Database) {
  /** The events that somebody has caused, in order: their names and what they say. */
  const eventsOf = async ({ id }: Person): Promise<Record<string, unknown>[]> => {
    const rows = await readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(outbox.position))
    return rows
      .map(({ payload }) => payload as { type: string; actorid: string; data: Record<string, unknown> })
      .filter(({ actorid }) => actorid === id)
      .map(({ type, data }) => ({ type, ...data }))
  }

  const mailsTo = ({ tenantId }: Person) =>
    readInPlatform(db, (tx) => tx.select().from(mails).where(eq(mails.tenantId, tenantId)))

  /** As if the windows of all limits were over. */
  const forgetAttempts = () => inPlatform(db, (tx) => tx.execute(sql`delete from attempts`))

  const letTokensAge = (seconds: number) =>
    inPlatform(db, (tx) =>
      tx
        .update(oneTimeTokens)
        .set({ expiresAt: sql`${oneTimeTokens.expiresAt} - make_interval(secs => ${seconds})` }),
    )

  return { eventsOf, mailsTo, forgetAttempts, letTokensAge }
}

/** The code of an authenticator app, at a time in milliseconds since 1970. */
export const codeOf = (secret: string, timestamp = Date.now()) => new TOTP({ secret }).generate({ timestamp })

/** A code that is not the one of now, the one before or the one after. */
export function wrongCode(secret: string) {
  const good = [-60_000, -30_000, 0, 30_000, 60_000].map((away) => codeOf(secret, Date.now() + away))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !good.includes(code)) ?? ''
  )
}

/** Makes a tenant let nobody in without a second factor. */
export const requireSecondFactor = ({ tenantId }: Pick<Person, 'tenantId'>) =>
  inDirectory(sql`
    insert into tenant_settings (tenant_id, settings) values (${tenantId}, '{"features":{"mfaRequired":true}}')
    on conflict (tenant_id) do update set settings = excluded.settings`)

/** Makes somebody a member of somebody else's tenant. */
export const join = ({ id }: Person, { tenantId }: Person) =>
  inDirectory(sql`insert into memberships (tenant_id, user_id) values (${tenantId}, ${id})`)
