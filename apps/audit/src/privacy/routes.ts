import { eraseAtAudit } from '@gatehouse/contracts/erasure'
import { readAuditsPersonalData } from '@gatehouse/contracts/personal-data'
import { clearRemnants } from '@gatehouse/contracts/reconciliation'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import type { Log } from '../log.ts'
import type { MessageErasure } from './erase-messages.ts'
import { forget } from './forget.ts'
import { readPersonalData } from './read-personal-data.ts'
import * as remnants from './remnant-repository.ts'

interface Deps {
  readonly log: Log
  readonly messages: Pick<MessageErasure, 'settle'>
}

const remnantsAtOnce = 400

export const privacyRoutes: Routes<Deps> = async (app, { log, messages }) => {
  app.route({
    ...readAuditsPersonalData,
    handler: ({ principal, query: { cursor } }) => readPersonalData(log, principal.id, cursor),
  })

  app.route({ ...eraseAtAudit, handler: ({ body }) => forget({ db: log.db, messages }, body) })

  app.route({
    ...clearRemnants,
    // A service asks about its own events only: its name is who the token is for.
    handler: ({ principal: { id }, body: { cleared } }) =>
      inPlatform(log.db, async (tx) => {
        await remnants.deleteOfService(tx, id, cleared)
        return { remnants: await remnants.ofService(tx, id, remnantsAtOnce) }
      }),
  })
}
