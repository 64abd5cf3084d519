import type { Endpoint } from '@gatehouse/contracts/endpoint'
import { partnerApiPrefix } from '@gatehouse/contracts/partner-api'
import { expect, vi } from 'vitest'
import { openToPeople } from './coverage.ts'
import type { Caller, Person } from './person.ts'
import type { Post } from './post.ts'
import { useAccount, useSecondFactors } from './use-account.ts'
import { usePrograms } from './use-programs.ts'
import { type Provider, useProvider } from './use-provider.ts'
import { useTenant } from './use-tenant.ts'

interface Surroundings {
  /** Is in their tenant for a time, and they in theirs. */
  readonly mate: Person
  /** Of the platform. */
  readonly admin: Caller
  readonly post: Post
  readonly provider: Provider
}

/** Has somebody do everything that people and their programs can do, each time with another string of theirs. */
export async function useEverything(
  person: Person,
  { mate, admin, post, provider }: Surroundings,
): Promise<void> {
  const { id, tenantId, done } = person
  await useAccount(person, post)
  await useProvider(person, provider)
  const { roleId, inviteToken } = await useTenant(person, mate, post)
  const { clientId, program, partner } = await usePrograms(person, mate)
  const ids = {
    '/users/': id,
    '/roles/': roleId,
    '/roles/users/': id,
    '/tenants/': tenantId,
    '/tenants/invites/validate/': inviteToken,
    '/audit-logs/': await provenEntry(person),
    '/partner/clients/': clientId,
  }
  await readEverything(person, ids, { own: person, partner })
  await done('/audit-logs/consistency?from=1&to=1')
  await done('/users/me/export')
  await program.done(`/users?search=${person.its()}`)
  await done(`/users/${mate.id}`, undefined, 'DELETE')
  await useSecondFactors(person, admin)
}

/** An entry of their tenant that is signed for. */
const provenEntry = ({ call, done }: Person): Promise<string> =>
  vi.waitFor(
    async () => {
      const [entry] = (await done('/audit-logs?limit=1')).data
      expect((await call(`/audit-logs/${entry.id}/proof`)).status).toBe(200)
      return entry.id
    },
    { timeout: 60_000, interval: 200 },
  )

/** Reads whatever can be read, by themselves and through the partner API, and searches where that can be done. */
async function readEverything(
  { its }: Person,
  ids: Readonly<Record<string, string>>,
  callers: Readonly<Record<'own' | 'partner', Caller>>,
) {
  const pathOf = ({ url, schema }: Endpoint) => {
    const path = url.replace(/:\w+/g, (_, at: number) => {
      const id =
        ids[
          url
            .slice(0, at)
            .replace(partnerApiPrefix, '')
            .replace(/^\/api/, '')
        ]
      if (id === undefined) throw new Error(`nothing to read at ${url}`)
      return id
    })
    const isSearch = schema.querystring !== undefined && 'search' in schema.querystring.shape
    return `${path.replace(/^\/api/, '')}${isSearch ? `?search=${its()}` : ''}`
  }
  for (const endpoint of openToPeople) {
    if (endpoint.method !== 'GET' || isReadElsewhere(endpoint.url)) continue
    await callers[endpoint.url.startsWith(partnerApiPrefix) ? 'partner' : 'own'].done(pathOf(endpoint))
  }
}

const isReadElsewhere = (url: string) =>
  url.includes('/oauth/') || url.endsWith('/consistency') || url === '/api/erasure-requests/:id'
