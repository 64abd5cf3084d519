import { expect } from 'vitest'
import type { Platform } from '../platform.ts'

export const password = 'correct horse battery staple'

export interface Answer {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what any endpoint may answer
  readonly json: any
}

/** A string that is found nowhere else. */
export const canary = () => `canary${crypto.randomUUID().replaceAll('-', '')}`

/** Somebody whose every string is found nowhere else. */
export async function somebody(platform: Platform) {
  const [name, firstName, lastName, agent] = Array.from({ length: 4 }, canary)
  const email = `${name}@people.example`
  let token = ''
  const call = async (path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<Answer> => {
    const response = await fetch(`${platform.url}/api${path}`, {
      method,
      headers: {
        'user-agent': `${agent}`,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined }
  }
  const done = async (...args: Parameters<typeof call>) => {
    const answer = await call(...args)
    expect(answer.status, `${args[0]}: ${answer.text}`).toBeLessThan(300)
    return answer.json
  }
  const enter = async (path: string, body: object) => {
    const { accessToken, user } = await done(path, body)
    token = accessToken
    return user as { readonly id: string; readonly tenantId: string }
  }
  const { id, tenantId } = await enter('/auth/register', { email, password, firstName, lastName })
  return {
    id,
    tenantId,
    email,
    canaries: [`${name}`, `${firstName}`, `${lastName}`, `${agent}`],
    call,
    done,
    enter,
    headers: () => ({ authorization: `Bearer ${token}` }),
  }
}
export type Person = Awaited<ReturnType<typeof somebody>>

/** Has somebody do whatever can be done, each time with another string of theirs. @returns these strings */
export async function useEverything({ id, tenantId, email, call, done }: Person): Promise<string[]> {
  const used: string[] = []
  const its = () => {
    const one = canary()
    used.push(one)
    return one
  }
  await done('/users/me', { lastName: its() }, 'PATCH')
  await done(`/users/${id}`, { email: `${its()}@people.example` }, 'PATCH')
  await done('/users/me/consent', { consentType: 'marketing', granted: true })
  await done('/users/me/consent', { consentType: 'marketing', granted: false })
  const key = await done('/api-keys', { name: its(), userId: id })
  await done(`/api-keys/${key.id}`, undefined, 'DELETE')
  await done('/api-keys', { name: its(), userId: id })
  await done(`/tenants/${tenantId}`, { name: its() }, 'PATCH')
  await done(`/tenants/${tenantId}/settings`, { branding: { logoUrl: `https://${its()}.example/` } }, 'PATCH')
  const wordings = [{ locale: 'en', text: its() }]
  await done(`/tenants/${tenantId}/consent-texts`, { consentType: 'analytics', wordings })
  const role = await done('/roles', { name: its(), displayName: its(), description: its() })
  await done(`/roles/${role.id}`, { displayName: its() }, 'PATCH')
  const invite = await done(`/tenants/${tenantId}/invites`, { email: `${its()}@people.example` })
  await done(`/tenants/${tenantId}/invites/${invite.id}`, undefined, 'DELETE')
  await done(`/tenants/${tenantId}/invites`, { email: `${its()}@people.example` })
  const client = await done('/partner/clients', { name: its(), scopes: ['users:read'] })
  await done(`/partner/clients/${client.id}`, { name: its() }, 'PATCH')
  await done('/auth/forgot-password', { email })
  await call('/auth/login', { email, password: its() })
  await call(`/audit-logs?search=${its()}`)
  await call(`/users?search=${its()}`)
  await call(`/tenants/invites/validate/${its()}`)
  await call('/roles', { name: its(), unknown: its() })
  await done('/users/me/export')
  return used
}
