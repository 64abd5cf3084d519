import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'

/** An API key that is good now, as far as auth alone can say: what its owner may do now is the directory's to say. */
export interface LiveApiKey {
  readonly id: string
  /** Its owner. */
  readonly userId: string
  readonly tenantId: string
  readonly scopes: readonly Permission[]
  readonly expiresAt: Date | null
  /** Whether its owner has a second factor, which their tenant may ask for. */
  readonly ownerHasSecondFactor: boolean
}

/** Looks up the API key that a caller shows; undefined for one that is unknown, expired or revoked. */
export type ExamineApiKey = (key: string) => Promise<LiveApiKey | undefined>

/** Revokes the API keys that a person has in a tenant, in the caller's transaction. */
export type EndApiKeys = (
  tx: Tx,
  which: { readonly userId: string; readonly tenantId: string; readonly createdBefore: Date },
  by: { readonly actor: Pick<Principal, 'kind' | 'id' | 'ownerId'>; readonly origin: Origin },
) => Promise<void>

/** Revokes the API key that is shown, for its holder or for a service that found it; an unknown one is no fault. */
export type RevokeApiKey = (
  key: string,
  by: { readonly actor: Pick<Principal, 'kind' | 'id' | 'ownerId'>; readonly origin: Origin },
) => Promise<void>
