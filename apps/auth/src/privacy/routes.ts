import { readAuthsPersonalData } from '@gatehouse/contracts/personal-data'
import type { Routes } from '@gatehouse/http/routes'
import { type PrivacyDeps, readPersonalData } from './read-personal-data.ts'

export const privacyRoutes: Routes<PrivacyDeps> = async (app, deps) => {
  app.route({
    ...readAuthsPersonalData,
    handler: ({ principal, query: { cursor } }) => readPersonalData(deps, principal, cursor),
  })
}
