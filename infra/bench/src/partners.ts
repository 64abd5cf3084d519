import type { Platform } from '@gatehouse/local/platform'
import { registerPeople } from './people.ts'

interface PartnerClients {
  readonly count: number
  readonly rateLimitPerMinute: number
}

/** Headers with a token each of so many clients of one tenant. */
export async function partnerTokens(platform: Platform, { count, rateLimitPerMinute }: PartnerClients) {
  const url = platform.services['partner-gateway'].url
  const [person] = await registerPeople(platform, 1)
  if (!person) throw new Error('nobody registered')
  const admin = { authorization: `Bearer ${person.accessToken}` }
  const client = { name: 'bench', scopes: ['roles:read'], rateLimitPerMinute }
  const headers: { authorization: string }[] = []
  for (let n = 0; n < count; n++) {
    const created = await post(`${url}/api/partner/clients`, client, admin)
    const { access_token } = await post(`${url}/api/partner/oauth/token`, {
      grant_type: 'client_credentials',
      client_id: created.clientId,
      client_secret: created.clientSecret,
    })
    headers.push({ authorization: `Bearer ${access_token}` })
  }
  return headers
}

async function post(url: string, body: object, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json() as Promise<{ clientId: string; clientSecret: string; access_token: string }>
}
