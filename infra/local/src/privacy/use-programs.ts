import type { Person } from './person.ts'

/** Has somebody let programs act for them, and partners: by API keys, and by clients with their tokens. @returns what there is then */
export async function usePrograms(person: Person, mate: Person) {
  const { id, tenantId, its, done, as } = person
  const created = await done('/api-keys', { name: its(), userId: id })
  const { key } = await done(`/api-keys/${created.id}/reroll`, { overlapSeconds: 0 })
  const program = as(() => ({ 'x-api-key': key }))
  await program.done(`/tenants/${tenantId}`, { name: its() }, 'PATCH')
  await program.call('/roles', { name: its(), unknown: its() })
  const ended = await done('/api-keys', { name: its(), userId: id })
  await done(`/api-keys/${ended.id}`, undefined, 'DELETE')

  const scopes = ['users:read', 'users:write', 'roles:read', 'tenants:read', 'audit:read']
  const client = await done('/partner/clients', { name: its(), scopes })
  await done(`/partner/clients/${client.id}`, { name: its() }, 'PATCH')
  await useSecrets(person, client.id)
  const partner = await usePartner(person, mate, client)
  for (const way of ['revoke', '']) {
    const gone = await done('/partner/clients', { name: its(), scopes: ['users:read'] })
    if (way === 'revoke') await done(`/partner/clients/${gone.id}/revoke`, undefined, 'POST')
    else await done(`/partner/clients/${gone.id}`, undefined, 'DELETE')
  }
  return { clientId: client.id as string, program, partner }
}

async function useSecrets({ done }: Person, clientId: string) {
  const path = `/partner/clients/${clientId}/secrets`
  const { id } = await done(path, {})
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  await done(`${path}/${id}`, { expiresAt }, 'PATCH')
  await done(`${path}/${id}`, undefined, 'DELETE')
}

async function usePartner(
  { its, as }: Person,
  mate: Person,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
  const client = as(() => ({ authorization: `Basic ${basic}` }))
  const grant = async () =>
    (await client.done('/partner/oauth/token', { grant_type: 'client_credentials' })).access_token as string
  const [token, spent] = [await grant(), await grant()]
  await client.done('/partner/oauth/introspect', { token })
  await client.done('/partner/oauth/revoke', { token: spent })
  const partner = as(() => ({ authorization: `Bearer ${token}` }))
  await partner.done(`/partner/v1/users/${mate.id}`, { status: 'suspended' }, 'PATCH')
  await partner.done(`/partner/v1/users/${mate.id}/reactivate`, undefined, 'POST')
  await partner.done(`/partner/v1/users/${mate.id}/deactivate`, undefined, 'POST')
  await partner.call(`/partner/v1/users?search=${its()}`)
  return partner
}
