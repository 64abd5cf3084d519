import { eraseAtAudit } from '@gatehouse/contracts/erasure'
import { readAuditsPersonalData } from '@gatehouse/contracts/personal-data'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import type { Log } from '../log.ts'
import { forgetSubject } from '../subject-keys.ts'
import { readPersonalData } from './read-personal-data.ts'

export const privacyRoutes: Routes<Log> = async (app, log) => {
  app.route({
    ...readAuditsPersonalData,
    handler: ({ principal, query: { cursor } }) => readPersonalData(log, principal.id, cursor),
  })

  app.route({
    ...eraseAtAudit,
    handler: async ({ body: { userId } }) => {
      const forgottenAt = await inPlatform(log.db, (tx) => forgetSubject(tx, userId))
      return { erased: { subject_keys: 1 }, erasedAt: forgottenAt.toISOString() }
    },
  })
}
