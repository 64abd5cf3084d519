import type { ServiceName } from '@gatehouse/contracts/events'
import { createLogger } from '@gatehouse/http/logging'
import type { ServerOptions } from '@gatehouse/http/server'
import type { TestIssuer } from './tokens.ts'

/** What a service's app is built with in a test: it believes the test's issuer, also of what is revoked. */
export function serverOptions(service: ServiceName, { issuer, jwks, revoked }: TestIssuer): ServerOptions {
  return {
    service,
    version: 'test',
    log: createLogger({ service, level: 'silent' }),
    authentication: {
      issuer,
      audiences: ['gatehouse', service],
      keys: async () => jwks,
      isRevoked: ({ id }) => revoked.has(id),
    },
  }
}
