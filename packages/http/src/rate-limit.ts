import { fastifyRateLimit, normalizeIP } from '@fastify/rate-limit'
import { tooManyRequests } from '@gatehouse/contracts/problems'
import type { FastifyInstance } from 'fastify'

/**
 * Lets a route state `config.rateLimit: { max, timeWindow }`, for each client address; an IPv6 client is its /64. The
 * count is this process's own.
 */
export function rateLimits(app: FastifyInstance) {
  app.register(fastifyRateLimit, {
    global: false,
    enableDraftSpec: true,
    keyGenerator: ({ origin }) => normalizeIP(origin.sourceIp ?? 'unknown'),
    errorResponseBuilder: () => tooManyRequests(),
  })
}
