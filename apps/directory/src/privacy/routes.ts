import { Readable } from 'node:stream'
import { exportMyData } from '@gatehouse/contracts/privacy'
import type { Routes } from '@gatehouse/http/routes'
import { exportArchive } from './export-archive.ts'
import { exportJson } from './export-json.ts'
import { type ExportDeps, exportPersonalData } from './export-personal-data.ts'

export const privacyRoutes: Routes<ExportDeps> = async (app, deps) => {
  app.route({
    ...exportMyData,
    handler: async ({ principal, headers, origin }, reply) => {
      const token = headers.authorization?.replace(/^Bearer +/i, '') ?? ''
      const exported = await exportPersonalData(deps, { principal, token, origin })
      const isArchive = headers.accept?.includes('application/zip') ?? false
      const stream = isArchive ? exportArchive(exported) : Readable.from(exportJson(exported))
      return reply
        .type(isArchive ? 'application/zip' : 'application/json')
        .header('vary', 'accept')
        .header('content-disposition', `attachment; filename="personal-data.${isArchive ? 'zip' : 'json'}"`)
        .send(stream as never)
    },
  })
}
