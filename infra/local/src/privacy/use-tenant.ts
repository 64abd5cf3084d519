import type { Person } from './person.ts'
import type { Post } from './post.ts'

/**
 * Has somebody do whatever can be done in a tenant of theirs, with somebody else beside them: roles, invites, members, consent,
 * settings, the log.
 * @returns what there is by then to be read
 */
export async function useTenant(person: Person, mate: Person, post: Post) {
  const { tenantId, its, done } = person
  await done(`/tenants/${tenantId}`, { name: its() }, 'PATCH')
  await done(`/tenants/${tenantId}/settings`, { branding: { logoUrl: `https://${its()}.example/` } }, 'PATCH')
  await done('/audit-logs/retention', { days: 400 }, 'PATCH')
  await useConsent(person)
  return { ...(await useInvites(person, mate, post)), ...(await useMembers(person, mate)) }
}

async function useConsent({ tenantId, its, done }: Person) {
  const wordings = [{ locale: 'en', text: its() }]
  await done(`/tenants/${tenantId}/consent-texts`, { consentType: 'analytics', wordings })
  for (const consentType of ['marketing', 'essential', 'third_party'])
    await done('/users/me/consent', { consentType, granted: true })
  await done('/users/me/consent', { consentType: 'analytics', granted: true, version: 1, locale: 'en' })
  await done('/users/me/consent', { consentType: 'marketing', granted: false })
}

async function useInvites(person: Person, mate: Person, post: Post) {
  const { tenantId, its, done } = person
  const [email, path] = [`${its()}@people.example`, `/tenants/${tenantId}/invites`]
  const { id: inviteId } = await done(path, { email })
  await post.tokenTo(email, 'invites')
  await done(`${path}/${inviteId}/resend`, undefined, 'POST')
  const inviteToken = await post.tokenTo(email, 'invites')
  await done('/tenants/invites/validate', { token: inviteToken })
  const revoked = await done(path, { email: `${its()}@people.example` })
  await done(`${path}/${revoked.id}`, undefined, 'DELETE')
  await mate.done('/tenants/invites/accept', { token: await invite(mate, person, post) })
  await done('/tenants/invites/accept', { token: await invite(person, mate, post) })
  await done(`/users/me/tenants/${mate.tenantId}`, undefined, 'DELETE')
  return { inviteToken }
}

/** Invites somebody to the tenant of another. @returns the token that they are sent */
export async function invite(one: Person, to: Person, post: Post): Promise<string> {
  await to.done(`/tenants/${to.tenantId}/invites`, { email: one.state.email })
  return post.tokenTo(one.state.email, 'invites')
}

async function useMembers({ id, its, done, signIn }: Person, mate: Person) {
  const made = { name: its(), displayName: its(), description: its(), permissions: ['users:read'] }
  const { id: roleId } = await done('/roles', made)
  await done(`/roles/${roleId}`, { displayName: its(), description: its() }, 'PATCH')
  const unused = await done('/roles', { name: its(), displayName: its() })
  await done(`/roles/${unused.id}`, undefined, 'DELETE')
  for (const member of [id, mate.id]) await done(`/roles/users/${member}/assign`, { roles: [made.name] })
  await done(`/roles/users/${mate.id}/remove`, { roles: [made.name] })
  await done(`/users/${mate.id}/deactivate`, undefined, 'POST')
  await done(`/users/${mate.id}/reactivate`, undefined, 'POST')
  await signIn()
  const { data } = await done(`/users/${id}/sessions`)
  await done(`/users/${id}/sessions/${data.at(-1).id}`, undefined, 'DELETE')
  await done(`/users/${mate.id}/sessions`, undefined, 'DELETE')
  return { roleId }
}
