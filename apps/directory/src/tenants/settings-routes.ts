import { getTenantSettings, updateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import type { Database } from '@gatehouse/db/connect'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import type { Routes } from '@gatehouse/http/routes'
import { effectiveSettings } from '../effective-settings.ts'
import { tenantNotFound } from '../errors.ts'
import { reading } from '../reach.ts'
import * as tenants from './repository.ts'
import { updateSettings } from './update-settings.ts'

export const settingsRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...getTenantSettings,
    handler: async (request, reply) => {
      const { tenantId: id, read } = await reading(db, request, request.params.id)
      const [tenant, { settings, version }] = await read((tx) =>
        Promise.all([tenants.byId(tx, id), tenants.settingsOf(tx, id)]),
      )
      if (!tenant) throw tenantNotFound()
      return reply.header('etag', entityTag(version)).send(effectiveSettings(settings))
    },
  })

  app.route({
    ...updateTenantSettings,
    handler: async ({ principal, params: { id }, body, headers, origin }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const { settings, version } = await updateSettings(
        db,
        principal,
        { id, changes: body, checkVersion },
        origin,
      )
      return reply.header('etag', entityTag(version)).send(settings)
    },
  })
}
