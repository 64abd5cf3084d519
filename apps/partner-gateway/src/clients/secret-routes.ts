import * as contract from '@gatehouse/contracts/partner-client-secrets'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import { clientNotFound, expiryPassed } from '../errors.ts'
import { acting, type ReachDeps, reading } from '../reach.ts'
import { addSecret } from './add-secret.ts'
import type { SecretDeps } from './create-client.ts'
import { expireSecret, removeSecret } from './end-secret.ts'
import * as clients from './repository.ts'
import * as secrets from './secrets-repository.ts'
import { shownSecret } from './shown.ts'

interface Deps extends SecretDeps, ReachDeps {
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const clientSecretRoutes: Routes<Deps> = async (app, deps) => {
  const { db } = deps

  app.route({
    ...contract.listPartnerClientSecrets,
    handler: async (request) => {
      const { tenantId, read } = await reading(deps, request, request.query.tenantId)
      return read(async (tx) => {
        const client = await clients.byId(tx, tenantId, request.params.id)
        if (!client) throw clientNotFound()
        return { data: (await secrets.live(tx, client)).map(shownSecret) }
      })
    },
  })

  app.route({
    ...contract.addPartnerClientSecret,
    handler: async (request, reply) => {
      const { origin, params, query, body } = request
      const principal = await acting(deps, request.principal, query.tenantId)
      const expiresAt = body.expiresAt === undefined ? null : comingTime(body.expiresAt)
      const asked = { principal, origin, request: repeatable(deps.requestKey, request) }
      return reply.code(201).send(await addSecret(deps, { clientId: params.id, expiresAt }, asked))
    },
  })

  app.route({
    ...contract.expirePartnerClientSecret,
    handler: async ({ principal: caller, origin, params: { id, secretId }, query, body }) => {
      const principal = await acting(deps, caller, query.tenantId)
      const which = { clientId: id, secretId, at: comingTime(body.expiresAt) }
      return shownSecret(await expireSecret(db, which, { principal, origin }))
    },
  })

  app.route({
    ...contract.removePartnerClientSecret,
    handler: async ({ principal: caller, origin, params: { id, secretId }, query }, reply) => {
      const principal = await acting(deps, caller, query.tenantId)
      await removeSecret(db, { clientId: id, secretId }, { principal, origin })
      return reply.code(204).send()
    },
  })
}

/** @throws expiryPassed */
function comingTime(text: string): Date {
  const time = new Date(text)
  if (time.getTime() <= Date.now()) throw expiryPassed()
  return time
}
