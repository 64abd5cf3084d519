import { Readable } from 'node:stream'
import {
  cancelErasure as cancelErasureContract,
  eraseMyData,
  getErasureRequest,
} from '@gatehouse/contracts/erasure'
import { exportMyData } from '@gatehouse/contracts/privacy'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import { erasureNotFound } from '../errors.ts'
import { cancelErasure } from './cancel-erasure.ts'
import * as requests from './erasure-repository.ts'
import { exportArchive } from './export-archive.ts'
import { exportJson } from './export-json.ts'
import { type ExportDeps, exportPersonalData } from './export-personal-data.ts'
import { type RequestDeps, requestErasure } from './request-erasure.ts'
import { shownErasure } from './shown-erasure.ts'

export type PrivacyDeps = ExportDeps & RequestDeps

export const privacyRoutes: Routes<PrivacyDeps> = async (app, deps) => {
  const { db } = deps

  app.route({
    ...exportMyData,
    handler: async ({ principal, headers, origin }, reply) => {
      const exported = await exportPersonalData(deps, { principal, token: tokenIn(headers), origin })
      const isArchive = headers.accept?.includes('application/zip') ?? false
      const stream = isArchive ? exportArchive(exported) : Readable.from(exportJson(exported))
      return (
        reply
          .type(isArchive ? 'application/zip' : 'application/json')
          .header('vary', 'accept')
          .header('content-disposition', `attachment; filename="personal-data.${isArchive ? 'zip' : 'json'}"`)
          // The schema says what it comes to; a stream is sent as it is.
          .send(stream as never)
      )
    },
  })

  app.route({
    ...eraseMyData,
    handler: async ({ principal, headers, body, origin }, reply) => {
      const asked = { principal, proof: body ?? {}, token: tokenIn(headers), origin }
      return reply.code(202).send(await requestErasure(deps, asked))
    },
  })

  app.route({
    ...cancelErasureContract,
    handler: async ({ principal, origin }, reply) => {
      await cancelErasure(db, principal, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...getErasureRequest,
    handler: async ({ params: { id } }) => {
      const request = await readInPlatform(db, (tx) => requests.byId(tx, id))
      if (!request) throw erasureNotFound()
      return shownErasure(request)
    },
  })
}

const tokenIn = ({ authorization = '' }: { authorization?: string | undefined }) =>
  authorization.replace(/^Bearer +/i, '')
