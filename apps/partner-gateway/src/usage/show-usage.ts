import type { PartnerClientUsage } from '@gatehouse/contracts/partner-usage'
import type { Tx } from '@gatehouse/db/tenant'
import { noSuchClient } from '../errors.ts'
import { type Account, isThere, read } from './repository.ts'

type UsageOfDay = PartnerClientUsage['data'][number]

const usualDays = 30

interface Asked {
  readonly tenantId: string
  readonly clientId: string
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/**
 * What a client of a tenant has called in a span of days; without one, in the last thirty. What happened in
 * the last few seconds may not be among it yet.
 * @throws noSuchClient
 */
export async function showUsage(
  tx: Tx,
  { tenantId, clientId, from, to }: Asked,
): Promise<PartnerClientUsage> {
  const last = to ?? dayOf(Date.now())
  const first = from ?? dayOf(Date.parse(last) - (usualDays - 1) * 86_400_000)
  if (!(await isThere(tx, tenantId, clientId))) throw noSuchClient()
  const accounts = await read(tx, { tenantId, clientId, from: first, to: last })
  const byDay = Map.groupBy(accounts, ({ day }) => day)
  return { from: first, to: last, data: [...byDay].map(([day, accounts]) => usageOf(day, accounts)) }
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function usageOf(day: string, accounts: readonly Account[]): UsageOfDay {
  const calls = (list: readonly Account[]) => sum(list, 'calls')
  const ended = (outcome: Account['outcome']) => calls(accounts.filter((each) => each.outcome === outcome))
  const byOperation = Map.groupBy(accounts, ({ operation }) => operation)
  return {
    day,
    calls: calls(accounts),
    answered: ended('answered'),
    failed: ended('failed'),
    refused: {
      token: ended('refused_token'),
      scope: ended('refused_scope'),
      address: ended('refused_address'),
      limit: ended('refused_limit'),
      request: ended('refused_request'),
    },
    bytesIn: sum(accounts, 'bytesIn'),
    bytesOut: sum(accounts, 'bytesOut'),
    meanMs: sum(accounts, 'msTotal') / calls(accounts),
    maxMs: Math.max(...accounts.map(({ msMax }) => msMax)),
    operations: Object.fromEntries([...byOperation].map(([operation, list]) => [operation, calls(list)])),
  }
}

const sum = (accounts: readonly Account[], of: 'calls' | 'bytesIn' | 'bytesOut' | 'msTotal') =>
  accounts.reduce((total, account) => total + account[of], 0)
