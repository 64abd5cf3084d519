import type { NarrowToken } from '@gatehouse/client/ask-auth'
import { createClient } from '@gatehouse/client/client'
import { authoriseErasure, type ErasureProof } from '@gatehouse/contracts/erasure'
import type { Origin } from '@gatehouse/contracts/origin'
import { unauthenticated } from '@gatehouse/contracts/problems'

/**
 * Has auth make sure that it is whoever's access token it is who wants to be erased, and sign them out.
 * @throws Problem 401 or 403 as auth says, 503 while it is away
 */
export type AuthoriseErasure = (token: string, proof: ErasureProof, origin: Origin) => Promise<void>

export const createAuthoriseErasure =
  ({ narrow, authUrl }: { narrow: NarrowToken; authUrl: string }): AuthoriseErasure =>
  async (token, proof, origin) => {
    const narrowed = await narrow(token, { audience: 'auth', scope: '' }, origin)
    if (!narrowed) throw unauthenticated()
    const auth = createClient({ service: 'auth', baseUrl: authUrl, token: async () => narrowed.token })
    await auth(authoriseErasure)({ body: proof, origin })
  }
