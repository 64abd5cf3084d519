import { OAuth2Server } from 'oauth2-mock-server'
import type { Person } from './person.ts'

export const frontEnd = 'https://front.example/signed-in'

/** Somebody else's provider, which says of everybody what it was told to; and the settings by which it is taken for Google. */
export async function startProvider() {
  const server = new OAuth2Server()
  await server.issuer.keys.generate('RS256')
  await server.start(0, '127.0.0.1')
  const url = `http://127.0.0.1:${server.address().port}`
  server.issuer.url = url
  let claims: Record<string, unknown> = {}
  server.service.on('beforeTokenSigning', ({ payload }) => void Object.assign(payload, claims))
  const env = {
    GOOGLE_ISSUER: url,
    GOOGLE_CLIENT_ID: 'google client',
    GOOGLE_CLIENT_SECRET: 'google secret',
    LOGIN_RETURN_URLS: frontEnd,
  }
  return {
    env,
    says: (given: Record<string, unknown>) => {
      claims = given
    },
    stop: () => server.stop(),
  }
}
export type Provider = Awaited<ReturnType<typeof startProvider>>

/** Has somebody link an account at Google, sign in by it, unlink it, and link another, which stays. */
export async function useProvider(
  { its, done, as, proof, enter, headers }: Person,
  provider: Provider,
): Promise<void> {
  const cookies = new Map<string, string>()
  const cookie = () => ({ cookie: [...cookies].map((pair) => pair.join('=')).join('; ') })
  const browser = as(cookie)
  const signedIn = as(() => ({ ...headers(), ...cookie() }))
  const take = (answer: Response | Awaited<ReturnType<typeof browser.call>>) => {
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return answer.headers.get('location') ?? ''
  }
  /** Says yes at the provider, and comes back. @returns where the browser is sent in the end */
  const comeBackFrom = async (address: string) => {
    const back = new URL(take(await fetch(address, { redirect: 'manual' })))
    return take(await browser.call(`${back.pathname.replace(/^\/api/, '')}${back.search}`))
  }
  const link = async () => {
    provider.says({ sub: its(), email: `${its()}@people.example`, email_verified: true, name: its() })
    const answer = await signedIn.call('/users/me/identities/google', proof())
    take(answer)
    await comeBackFrom(answer.json.url)
  }
  await link()
  const away = take(await browser.call(`/auth/oauth/google?returnTo=${encodeURIComponent(frontEnd)}`))
  const code = new URL(await comeBackFrom(away)).searchParams.get('code')
  const answer = await browser.call('/auth/oauth/redeem', { code })
  await enter('/auth/refresh', { refreshToken: answer.json.refreshToken })
  await done('/users/me/identities/google/unlink', proof())
  await link()
}
