import type { Authority, ResolvePrincipals } from '@gatehouse/contracts/internal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { authorityOf } from './authority.ts'
import * as people from './repository.ts'

/** Who each of them is and what they may do now, in one statement for all; null for nobody. */
export async function resolvePrincipals(
  db: Database,
  { principals }: ResolvePrincipals,
): Promise<(Authority | null)[]> {
  const ids = principals.flatMap((sought) => ('userId' in sought ? [sought.userId] : []))
  const emails = principals.flatMap((sought) => ('email' in sought ? [sought.email] : []))
  const found = await readInPlatform(db, (tx) => people.people(tx, { ids, emails }))
  const byId = new Map(found.map((person) => [person.user.id, person]))
  const byEmail = new Map(found.map((person) => [person.user.email, person]))
  return principals.map((sought) => {
    const person = 'email' in sought ? byEmail.get(sought.email) : byId.get(sought.userId)
    const tenantId = 'tenantId' in sought ? sought.tenantId : undefined
    return (person && authorityOf(person, tenantId)) ?? null
  })
}
