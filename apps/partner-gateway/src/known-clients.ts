import { setTimeout as delay } from 'node:timers/promises'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import * as clients from './clients/repository.ts'

/** A client as a request needs it: what it may do, from where, how often, and what proves that it is the client. */
export interface KnownClient {
  readonly id: string
  /** What it is called in OAuth 2. */
  readonly clientId: string
  readonly tenantId: string
  readonly scopes: readonly Permission[]
  readonly rateLimitPerMinute: number
  /** Addresses and networks (CIDR); none: from anywhere. */
  readonly allowedIps: readonly string[]
  readonly version: number
  readonly secrets: readonly KnownSecret[]
}

export interface KnownSecret {
  readonly id: string
  /** SHA-256. */
  readonly digest: Buffer
  readonly expiresAt: Date | null
}

/** The clients that are live, from memory. */
export interface KnownClients {
  /** By its id; undefined for one that was revoked or deleted, or never was. @throws databaseUnavailable for one that isn't known yet */
  find(id: string): Promise<KnownClient | undefined>
  /** By its public identifier, if it is in memory. */
  remembered(clientId: string): KnownClient | undefined
  /** By its public identifier, as it is in the database now. @throws databaseUnavailable */
  read(clientId: string): Promise<KnownClient | undefined>
  /** Forgets one: the next that asks for it reads it again. */
  forget(client: KnownClient): void
  stop(): Promise<void>
}

interface KnownClientsOptions {
  readonly db: Database
  readonly log: Log
  /** What the revocation feed tells. */
  isRevoked(principal: Principal, issuedAt: number): boolean
}

const capacity = 10_000
const lookEveryMs = 500
/** After so long without a look, changes may have been missed: `lately` goes back by 20 s, a change takes up to 10. */
const missedAfterMs = 8_000

/**
 * Remembers the clients that were lately asked for, so that a request waits for no statement to know its own. One that
 * was revoked or deleted is dropped as soon as the revocation feed tells of it; one that any replica has changed is read
 * again within a second. While the database is away, what is remembered stays.
 */
export function createKnownClients({ db, log, isRevoked }: KnownClientsOptions): KnownClients {
  const memory = createMemory(({ id, tenantId }) =>
    isRevoked(
      { kind: 'partner_client', id, tenantId, sessionId: undefined, permissions: nothing },
      Date.now(),
    ),
  )
  const reading = new Map<string, Promise<KnownClient | undefined>>()
  const read = (key: string, rows: (tx: Tx) => ReturnType<typeof clients.liveById>) => {
    const underWay = reading.get(key)
    if (underWay !== undefined) return underWay
    const client = readInPlatform(db, rows)
      .then((found) => memory.remember(clientOf(found)))
      .finally(() => reading.delete(key))
    reading.set(key, client)
    return client
  }

  let lookedAt = performance.now()
  const look = async () => {
    const startedAt = performance.now()
    const changed = await readInPlatform(db, clients.lately)
    memory.forgetOld(new Map(changed.map(({ id, version }) => [id, version])))
    if (startedAt - lookedAt > missedAfterMs) memory.forgetAll()
    lookedAt = startedAt
  }
  const session = async (stopping: AbortSignal) => {
    while (!stopping.aborted) {
      await look()
      await delay(lookEveryMs, undefined, { signal: stopping, ref: false }).catch(() => {})
    }
  }
  const looking = supervise({ what: 'looking for changes of clients', log, session })

  return {
    async find(id) {
      return memory.byId(id) ?? read(id, (tx) => clients.liveById(tx, id))
    },
    remembered: memory.byClientId,
    async read(clientId) {
      return read(clientId, (tx) => clients.liveByClientId(tx, clientId))
    },
    forget: memory.forget,
    stop: looking.stop,
  }
}

/** At most 10,000 clients, those that were lately asked for. */
function createMemory(isDead: (client: KnownClient) => boolean) {
  // In the order in which they were last asked for.
  const known = new Map<string, KnownClient>()
  const ids = new Map<string, string>()

  const forget = ({ id, clientId }: KnownClient) => {
    known.delete(id)
    ids.delete(clientId)
  }
  /** Gives back what is still there of it: nothing of a dead one. */
  const remember = (client: KnownClient | undefined) => {
    if (!client) return undefined
    forget(client)
    if (isDead(client)) return undefined
    known.set(client.id, client)
    ids.set(client.clientId, client.id)
    for (const oldest of known.values()) {
      if (known.size <= capacity) break
      forget(oldest)
    }
    return client
  }
  return {
    byId: (id: string) => remember(known.get(id)),
    byClientId: (clientId: string) => remember(known.get(ids.get(clientId) ?? '')),
    remember,
    forget,
    forgetAll() {
      known.clear()
      ids.clear()
    },
    /** Forgets what is dead, and what has another version by now. */
    forgetOld(versions: ReadonlyMap<string, number>) {
      for (const client of known.values()) {
        const isOld = (versions.get(client.id) ?? client.version) !== client.version
        if (isOld || isDead(client)) forget(client)
      }
    },
  }
}

const nothing: ReadonlySet<Permission> = new Set()

function clientOf(rows: Awaited<ReturnType<typeof clients.liveById>>): KnownClient | undefined {
  const [first] = rows
  if (!first) return undefined
  const { secret: _, ...client } = first
  return { ...client, secrets: rows.map(({ secret }) => secret).filter((secret) => secret !== null) }
}
