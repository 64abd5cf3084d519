import { eraseAtPartnerGateway } from '@gatehouse/contracts/erasure'
import { readPartnerGatewaysPersonalData } from '@gatehouse/contracts/personal-data'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { revoke } from '@gatehouse/events/revocation'
import type { Routes } from '@gatehouse/http/routes'
import * as privacy from './repository.ts'

interface Deps {
  readonly db: Database
  /** Clears out of the outbox what audit has of people who were erased. */
  readonly clearRemnants: () => Promise<void>
}

export const privacyRoutes: Routes<Deps> = async (app, { db, clearRemnants }) => {
  app.route({
    ...readPartnerGatewaysPersonalData,
    handler: ({ principal, query: { cursor } }) =>
      readInPlatform(db, (tx) => privacy.personalData(tx, principal.id, cursor)),
  })

  app.route({
    ...eraseAtPartnerGateway,
    handler: async ({ body: { userId, tenantIds } }) => {
      const receipt = await inPlatform(db, async (tx) => {
        const erased = await privacy.erase(tx, userId)
        for (const tenantId of tenantIds) {
          const ids = await privacy.deleteClientsOf(tx, tenantId)
          for (const id of ids) await revoke(tx, { tenantId, kind: 'client', id })
        }
        return erased
      })
      await clearRemnants()
      return receipt
    },
  })
}
