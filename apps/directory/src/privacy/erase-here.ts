import type { Tx } from '@gatehouse/db/tenant'
import * as requests from './erasure-repository.ts'

/** The tenants that were a person's alone, and invites of theirs and to them. */
export type GoneAlong = Pick<requests.Request, 'tenantIds' | 'inviteIds'>

/** Deletes a person and all that is theirs here. @returns what is gone along with them */
export type DeletePerson = (tx: Tx) => Promise<GoneAlong>

interface Erasure {
  readonly userId: string
  readonly deletePerson: DeletePerson
  /** The request under which that is done; asked for once they are deleted. */
  readonly request: () => Promise<Pick<requests.Request, 'id'>>
}

/** Deletes somebody, for good, and takes note of that in the same transaction: the request is running from then on. */
export async function eraseHere(tx: Tx, { userId, deletePerson, request }: Erasure): Promise<void> {
  const erased = await requests.countOf(tx, userId)
  const along = await deletePerson(tx)
  const { id } = await request()
  await requests.noteGoneAlong(tx, id, along)
  await requests.addReceipt(tx, id, 'directory', { erased, erasedAt: new Date().toISOString() })
}
