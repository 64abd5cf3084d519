import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type MutableResponse, type MutableToken, OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server'

type Claims = Record<string, unknown>

/** What is done in place of the usual. */
export type Fault = (request: IncomingMessage, response: ServerResponse, usual: RequestListener) => void

/** A server of somebody else's, which does something else at an address where it was told to. */
async function listen(usual: () => RequestListener) {
  const faults = new Map<string, Fault>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    asked.push(`${request.method} ${path}`)
    const fault = faults.get(path)
    if (fault) fault(request, response, usual())
    else usual()(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, faults, asked }
}

/** An OpenID provider that says of everybody what it was told to say. */
export async function openIdProvider({ issuerPath = '' } = {}) {
  const issuer = new OAuth2Issuer()
  await issuer.keys.generate('RS256')
  const service = new OAuth2Service(issuer, {
    wellKnownDocument: `${issuerPath}/.well-known/openid-configuration`,
  })
  const { url, faults, asked } = await listen(() => service.requestHandler)
  issuer.url = url

  let claims: Claims = {}
  let metadata: Claims = {}
  let answer: (usual: Claims) => Claims = () => ({})
  service.on('beforeTokenSigning', ({ payload }: MutableToken) => {
    for (const [name, value] of Object.entries(claims)) {
      payload[name] = value
      if (value === undefined) delete payload[name]
    }
  })
  service.on('beforeWellKnownOpenIdConfiguration', ({ body }: MutableResponse) => {
    Object.assign(body, metadata)
  })
  service.on('beforeResponse', ({ body }: MutableResponse) => {
    Object.assign(body, answer(body as Claims))
  })
  return {
    url,
    faults,
    asked,
    keys: issuer.keys,
    /** What its tokens say from now on; undefined for what they leave out. */
    says: (given: Claims) => {
      claims = given
    },
    declares: (given: Claims) => {
      metadata = given
    },
    /** What stands in its token response in place of what it would say. */
    answers: (given: (usual: Claims) => Claims) => {
      answer = given
    },
  }
}

interface Account {
  readonly user: Claims
  readonly emails: readonly Claims[]
}

/** GitHub, as far as signing in goes. */
export async function github() {
  const codes = new Map<string, { challenge: string; redirectUri: string }>()
  let account: Account = { user: {}, emails: [] }

  const routes: Record<
    string,
    (request: IncomingMessage, url: URL) => Promise<Claims | readonly Claims[] | URL>
  > = {
    '/login/oauth/authorize': async (_, { searchParams }) => {
      const code = randomUUID()
      const redirectUri = searchParams.get('redirect_uri') ?? ''
      codes.set(code, { challenge: searchParams.get('code_challenge') ?? '', redirectUri })
      const back = new URL(redirectUri)
      back.searchParams.set('code', code)
      back.searchParams.set('state', searchParams.get('state') ?? '')
      return back
    },
    '/login/oauth/access_token': async (request) => {
      const form = new URLSearchParams(await text(request))
      const begun = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const isGood = begun?.challenge === challenge && begun.redirectUri === form.get('redirect_uri')
      if (!isGood || form.get('client_secret') !== 'github secret') return { error: 'bad_verification_code' }
      return { access_token: 'gho_of_the_person', token_type: 'bearer', scope: 'read:user,user:email' }
    },
    '/user': async () => account.user,
    '/user/emails': async () => account.emails,
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://github.test')
    const isApi = url.pathname.startsWith('/user')
    if (isApi && request.headers.authorization !== 'Bearer gho_of_the_person')
      return response.writeHead(401).end()
    const result = await routes[url.pathname]?.(request, url)
    if (result instanceof URL) return response.writeHead(302, { location: result.href }).end()
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
  }
  const { url, faults, asked } = await listen(() => (request, response) => void answer(request, response))
  return {
    url,
    faults,
    asked,
    is: (given: Account) => {
      account = given
    },
  }
}
