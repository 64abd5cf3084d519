import { issueServiceToken as contract } from '@gatehouse/contracts/service-token'
import { inNetworks } from '@gatehouse/http/client-address'
import type { Routes } from '@gatehouse/http/routes'
import { networkRefused } from '../errors.ts'
import { issueServiceToken, type ServiceTokenDeps } from './issue-service-token.ts'

interface Deps extends ServiceTokenDeps {
  /** From where services may ask; without it, from anywhere. */
  readonly serviceTokenNetworks?: readonly string[] | undefined
}

export const serviceAccountRoutes: Routes<Deps> = async (app, { serviceTokenNetworks, ...deps }) => {
  const isOpen = serviceTokenNetworks ? inNetworks(serviceTokenNetworks) : () => true
  app.route({
    ...contract,
    onRequest: async ({ origin }) => {
      if (!isOpen(origin.sourceIp)) throw networkRefused()
    },
    handler: ({ body, origin }) => issueServiceToken(deps, body, origin),
  })
}
