import { readAuditsPersonalData } from '@gatehouse/contracts/personal-data'
import type { Routes } from '@gatehouse/http/routes'
import type { Log } from '../log.ts'
import { readPersonalData } from './read-personal-data.ts'

export const privacyRoutes: Routes<Log> = async (app, log) => {
  app.route({
    ...readAuditsPersonalData,
    handler: ({ principal, query: { cursor } }) => readPersonalData(log, principal.id, cursor),
  })
}
