import * as contract from '@gatehouse/contracts/health'
import { notReady } from '@gatehouse/contracts/problems'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    readonly lifecycle: {
      /** The process is on its way out: it still answers, but is not to be sent anything new. */
      draining: boolean
    }
  }
}

/** Throws, or gives `false`, as long as what it looks after is not there. */
export type ReadinessCheck = () => unknown

const timeLimitMs = 1_000

type Checks = Readonly<Record<string, ReadinessCheck>>

/**
 * Whether this process can serve, and whether all that it needs is there; else 503 names what is missing.
 * @param spared what it serves on without, and only names: were it to count, all replicas would be taken out of the
 *   balancer together, for what each of them gets over by itself
 */
export function health(app: FastifyInstance, needed: Checks, spared: Checks = {}) {
  const isReady = async () => {
    const [missing, without] = app.lifecycle.draining
      ? [['draining'], []]
      : await Promise.all([findMissing(needed), findMissing(spared)])
    if (missing.length === 0) return { status: 'ready', ...(without.length > 0 && { without }) } as const
    const errors = missing.map((path) => ({ path, message: 'Not as it should be.' }))
    throw notReady({ detail: `Not ready: ${missing.join(', ')}.`, errors, headers: { 'retry-after': '1' } })
  }
  const isAlive = async () => ({ status: 'ok' })
  const config = { access: 'public', quiet: true } as const
  app.route({ ...contract.health, config, handler: isAlive })
  app.route({ ...contract.livenessProbe, config, handler: isAlive })
  app.route({ ...contract.ready, config, handler: isReady })
  app.route({ ...contract.readinessProbe, config, handler: isReady })
}

async function findMissing(checks: Checks) {
  const found = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ((await passes(check)) ? [] : [name])),
  )
  return found.flat()
}

async function passes(check: ReadinessCheck) {
  const limit = Promise.withResolvers<false>()
  const timer = setTimeout(() => limit.resolve(false), timeLimitMs)
  try {
    return (await Promise.race([check(), limit.promise])) !== false
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
