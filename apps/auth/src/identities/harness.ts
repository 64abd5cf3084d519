import { connect } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { mails } from '@gatehouse/mail/mails'
import { serverOptions } from '@gatehouse/testing/server-options'
import { testIssuerUrl } from '@gatehouse/testing/tokens'
import { eq, type SQL } from 'drizzle-orm'
import { inject } from 'vitest'
import * as z from 'zod'
import { buildApp } from '../app.ts'
import { harness as authHarness } from '../harness.ts'
import { socialLoginSettings } from '../social-login-settings.ts'
import { linkedIdentities, sessions } from '../tables.ts'
import { openIdProvider, github as startGithub } from './stand-ins/harness.ts'

export const frontEnd = 'https://app.gatehouse.test/signed-in'

export const clients = {
  GOOGLE_CLIENT_ID: 'google client',
  GOOGLE_CLIENT_SECRET: 'google secret',
  GITHUB_CLIENT_ID: 'github client',
  GITHUB_CLIENT_SECRET: 'github secret',
  MICROSOFT_CLIENT_ID: 'microsoft client',
  MICROSOFT_CLIENT_SECRET: 'microsoft secret',
}

export type Person = Awaited<ReturnType<Awaited<ReturnType<typeof socialHarness>>['register']>>
type Auth = Awaited<ReturnType<typeof authHarness>>

interface Options extends NonNullable<Parameters<typeof authHarness>[0]> {
  readonly settings?: Partial<Record<keyof typeof socialLoginSettings, string | undefined>>
  /** Where Microsoft's issuer is. */
  readonly microsoftPath?: string
  /** Another one, to share the database of. */
  readonly beside?: Auth
}

/** Auth behind a port, three providers of its own on this machine, and browsers that go from one to the other. */
export async function socialHarness(given: Options = {}) {
  const { settings = {}, microsoftPath = '/common/v2.0', beside, ...options } = given
  const [google, github, microsoft] = await Promise.all([
    openIdProvider(),
    startGithub(),
    openIdProvider({ issuerPath: microsoftPath }),
  ])
  microsoft.declares({ issuer: `${microsoft.url}/{tenantid}/v2.0` })
  const addresses = {
    GOOGLE_ISSUER: google.url,
    GITHUB_URL: github.url,
    GITHUB_API_URL: github.url,
    MICROSOFT_ISSUER: `${microsoft.url}${microsoftPath}`,
  }
  const auth = beside ?? (await authHarness(options))
  const socialLogin = z.object(socialLoginSettings).parse({ ...clients, ...addresses, ...settings })
  const app = buildApp(serverOptions('auth', auth.testIssuer), {
    ...auth,
    socialLogin: { ...socialLogin, ISSUER: testIssuerUrl },
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const directory = connect({ url: inject('directoryDatabaseUrl'), poolSize: 1, applicationName: 'test' })
  const openBrowser = () => browserAt(url)

  return {
    ...auth,
    app,
    url,
    google,
    github,
    microsoft,
    openBrowser,
    /** Somebody who has registered here with a password. */
    register: async (given: object = {}) => {
      const password = `${crypto.randomUUID()} kettle`
      const person = { email: newEmail(), password, firstName: 'Ada', lastName: 'Lovelace', ...given }
      const browser = openBrowser()
      const answer = await browser.post('/api/auth/register', person)
      const { accessToken, user } = (await answer.json()) as TokensAnswer
      return {
        email: person.email,
        password,
        id: user.id,
        tenantId: user.tenantId,
        token: accessToken,
        browser,
      }
    },
    /** Brings the directory into a state that nothing of its API leads to. */
    inDirectory: (statement: SQL) => directory.orm.execute(statement),
    inAuth: (statement: SQL) => inPlatform(auth.db, (tx) => tx.execute(statement)),
    sessionsOf: (userId: string) =>
      readInPlatform(auth.db, (tx) => tx.select().from(sessions).where(eq(sessions.userId, userId))),
    allSessions: () => readInPlatform(auth.db, (tx) => tx.select().from(sessions)),
    identitiesOf: (userId: string) =>
      readInPlatform(auth.db, (tx) =>
        tx.select().from(linkedIdentities).where(eq(linkedIdentities.userId, userId)),
      ),
    mailsTo: ({ tenantId }: { tenantId: string }) =>
      readInPlatform(auth.db, (tx) => tx.select().from(mails).where(eq(mails.tenantId, tenantId))),
    /** The names of the events of what somebody did, oldest first. */
    eventsOf: async (userId: string) => {
      const rows = await readInPlatform(auth.db, (tx) => tx.select().from(outbox).orderBy(outbox.position))
      const events = rows.map(({ payload }) => payload as { type: string; actorid?: string })
      return events.filter(({ actorid }) => actorid === userId).map(({ type }) => type)
    },
  }
}

export interface TokensAnswer {
  readonly accessToken: string
  readonly user: { id: string; tenantId: string; email: string; emailVerified: boolean; firstName: string }
}

/** What a provider says of somebody whom nobody has met yet. */
export const newcomer = () => ({
  sub: crypto.randomUUID(),
  email: newEmail(),
  email_verified: true,
  name: 'Ada Lovelace',
})

export const newEmail = () => `${crypto.randomUUID()}@people.example`

type Provider = 'google' | 'github' | 'microsoft'

/** A browser with cookies of its own. It follows no redirect by itself, and takes the public address for auth's. */
function browserAt(url: string) {
  const cookies = new Map<string, string>()
  const jars = new Map([[testIssuerUrl, cookies]])

  const ask = async (address: string, init: RequestInit = {}) => {
    const target = new URL(address, testIssuerUrl)
    const jar = jars.get(target.origin) ?? new Map<string, string>()
    jars.set(target.origin, jar)
    const headers = new Headers(init.headers)
    headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const at = target.origin === testIssuerUrl ? `${url}${target.pathname}${target.search}` : target
    const response = await fetch(at, {
      ...init,
      headers,
      redirect: 'manual',
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    return response
  }
  const headersOf = (token?: string) => ({
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  })
  const follow = async (address: string) => {
    const location = (await ask(address)).headers.get('location') ?? ''
    return URL.canParse(location, address) ? new URL(location, address).href : location
  }
  const post = (path: string, body: object, token?: string) =>
    ask(path, { method: 'POST', headers: headersOf(token), body: JSON.stringify(body) })

  return {
    cookies,
    get: (address: string, token?: string) => ask(address, { headers: headersOf(token) }),
    post,
    /** Goes to a provider and says yes there. Gives the address that the provider sends the browser back to. */
    async comeBackFrom(provider: Provider, query = '') {
      let address = await follow(`/api/auth/oauth/${provider}${query}`)
      while (address !== '' && !address.startsWith(testIssuerUrl)) address = await follow(address)
      return address
    },
    follow,
    async signInBy(provider: Provider, query = '') {
      return ask(await this.comeBackFrom(provider, query))
    },
  }
}
export type Browser = ReturnType<typeof browserAt>
