import * as contract from '@gatehouse/contracts/ledger'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import { formatVerifierKey } from '@gatehouse/ledger/signed-note'
import * as z from 'zod'
import { entryNotFound, noCheckpoint } from '../errors.ts'
import type { Log } from '../log.ts'
import { viewOf, viewOfEntry } from '../viewing.ts'
import type { CheckpointKeys } from './checkpoint-keys.ts'
import { proveConsistency, proveInclusion } from './prove.ts'
import * as repository from './repository.ts'

interface Deps {
  readonly log: Log
  readonly keys: CheckpointKeys
}

export const ledgerRoutes: Routes<Deps> = async (app, { log, keys }) => {
  /** The ledger of the caller's tenant, or of the one that they ask for, if that is theirs to see. */
  const viewLedger = async (caller: { principal: Principal; origin: Origin }, asked: string | undefined) => {
    const tenantId = asked ?? caller.principal.tenantId
    const view = await viewOf(log, { ...caller, filter: { tenantId } })
    return view && { tenantId, read: view.read }
  }

  app.route({
    ...contract.getCheckpoint,
    handler: async ({ principal, origin, query }, reply) => {
      const ledger = await viewLedger({ principal, origin }, query.tenantId)
      const newest = await ledger?.read((tx) => repository.newest(tx, ledger.tenantId))
      if (!newest) throw noCheckpoint()
      return reply.type(plainText).send(newest.note)
    },
  })

  app.route({
    ...contract.listCheckpoints,
    handler: async ({ principal, origin, query: { tenantId, ...query } }) => {
      const ledger = await viewLedger({ principal, origin }, tenantId)
      if (!ledger) return { data: [], nextCursor: null, ...(query.page !== undefined && { total: 0 }) }
      const found = await pageOfList(query, {
        key: z.int(),
        rows: (part) => ledger.read((tx) => repository.page(tx, ledger.tenantId, part)),
        keyOf: ({ size }) => size,
        total: () => ledger.read((tx) => repository.total(tx, ledger.tenantId)),
      })
      const data = found.data.map(({ size, root, note, createdAt }) => {
        return { size, root: root.toString('base64'), note, createdAt: createdAt.toISOString() }
      })
      return { ...found, data }
    },
  })

  app.route({
    ...contract.listCheckpointKeys,
    handler: async (_, reply) => {
      const { verifiers } = await keys.load()
      return reply.type(plainText).send(verifiers.map((key) => `${formatVerifierKey(key)}\n`).join(''))
    },
  })

  app.route({
    ...contract.getInclusionProof,
    handler: async ({ principal, origin, params: { id } }, reply) => {
      const view = await viewOfEntry(log, { principal, origin }, id)
      const { tenantId } = view ?? {}
      if (!view || tenantId === undefined) throw entryNotFound()
      return reply.type(plainText).send(await view.read((tx) => proveInclusion(tx, tenantId, id)))
    },
  })

  app.route({
    ...contract.getConsistencyProof,
    handler: async ({ principal, origin, query: { tenantId, ...sizes } }) => {
      const ledger = await viewLedger({ principal, origin }, tenantId)
      if (!ledger) throw noCheckpoint()
      const shown = await ledger.read((tx) => proveConsistency(tx, ledger.tenantId, sizes))
      const base64 = (hash: Buffer) => hash.toString('base64')
      const { fromRoot, toRoot, proof } = shown
      return { ...shown, fromRoot: base64(fromRoot), toRoot: base64(toRoot), proof: proof.map(base64) }
    },
  })
}

const plainText = 'text/plain; charset=utf-8'
