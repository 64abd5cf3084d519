import { issueServiceToken as contract } from '@gatehouse/contracts/service-token'
import type { Database } from '@gatehouse/db/connect'
import type { Routes } from '@gatehouse/http/routes'
import type { Issuer } from '../issuer.ts'
import { issueServiceToken } from './issue-service-token.ts'

export const serviceAccountRoutes: Routes<{ db: Database; issuer: Issuer }> = async (app, deps) => {
  app.route({ ...contract, handler: ({ body, origin }) => issueServiceToken(deps, body, origin) })
}
