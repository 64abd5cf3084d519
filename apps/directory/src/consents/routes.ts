import * as contract from '@gatehouse/contracts/consent'
import { listConsentTexts, publishConsentText } from '@gatehouse/contracts/consent-texts'
import { Id } from '@gatehouse/contracts/identifiers'
import type { Database } from '@gatehouse/db/connect'
import { readInTenant } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import { acting, reading } from '../reach.ts'
import { publishText } from './publish-text.ts'
import { recordConsent } from './record-consent.ts'
import * as consents from './repository.ts'
import { shownDecision, standing } from './standing.ts'
import { shownText } from './wording.ts'

interface Deps {
  readonly db: Database
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const consentRoutes: Routes<Deps> = async (app, { db, requestKey }) => {
  app.route({
    ...contract.getConsent,
    handler: async ({ principal: { tenantId, id }, query: { locale } }) => {
      const [decisions, texts] = await readInTenant(db, tenantId, (tx) =>
        Promise.all([consents.lastOfEach(tx, tenantId, id), consents.textsInForce(tx, tenantId)]),
      )
      return standing({ decisions, texts, locale })
    },
  })

  app.route({
    ...contract.listConsentHistory,
    handler: async ({ principal: { tenantId, id: userId }, query }) => {
      const read = <T>(work: Parameters<typeof readInTenant<T>>[2]) => readInTenant(db, tenantId, work)
      const page = await pageOfList(query, {
        key: z.int(),
        rows: (part) => read((tx) => consents.history(tx, { tenantId, userId }, part)),
        keyOf: ({ position }) => position,
        total: () => read((tx) => consents.totalOfHistory(tx, { tenantId, userId })),
      })
      return { ...page, data: page.data.map(shownDecision) }
    },
  })

  app.route({
    ...contract.recordConsent,
    handler: async ({ principal, url, headers, body, origin }, reply) => {
      const request = repeatable(requestKey, { principal, url, headers, body })
      return reply.code(201).send(await recordConsent(db, principal, body, { request, origin }))
    },
  })

  app.route({
    ...publishConsentText,
    handler: async ({ principal, params, url, headers, body, origin }, reply) => {
      const request = repeatable(requestKey, { principal, url, headers, body })
      const text = await publishText(db, acting(principal, params.id), body, { request, origin })
      return reply.code(201).send(text)
    },
  })

  app.route({
    ...listConsentTexts,
    handler: async (request) => {
      const { consentType: type, ...query } = request.query
      const { tenantId, read } = await reading(db, request, request.params.id)
      const page = await pageOfList(query, {
        key: Id,
        rows: (part) => read((tx) => consents.pageOfTexts(tx, { tenantId, type }, part)),
        keyOf: ({ id }) => id,
        total: () => read((tx) => consents.totalOfTexts(tx, { tenantId, type })),
      })
      return { ...page, data: page.data.map(shownText) }
    },
  })
}
