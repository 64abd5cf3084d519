import type { Endpoint } from './endpoint.ts'
import type { ServiceName } from './events.ts'

/** One endpoint of the partner API, and what lies behind it. */
export interface Entrance {
  /** The service that owns what is behind. */
  readonly service: ServiceName
  readonly behind: Endpoint
  readonly entrance: Endpoint
}

/** Where the partner API lies. It has a version of its own: partners change their programs when they can. */
export const partnerApiPrefix = '/api/partner/v1'

/** An entrance to every endpoint that is open to partners, and to no other. */
export const entrancesTo = (services: Readonly<Record<ServiceName, readonly Endpoint[]>>): Entrance[] =>
  Object.entries(services).flatMap(([service, endpoints]) =>
    endpoints
      .filter(({ config }) => config.partner)
      .map((behind) => ({ service: service as ServiceName, behind, entrance: entranceTo(behind) })),
  )

/** Asks for the same permission, of a token of the partner gateway; nothing there is anybody's own. */
function entranceTo({ method, url, config, schema }: Endpoint): Endpoint {
  const { operationId } = schema
  return {
    method,
    url: `${partnerApiPrefix}${url.slice('/api'.length)}`,
    config: { access: config.access, kinds: ['partner_client'], tokens: 'partner' },
    schema: {
      ...schema,
      operationId: `partner${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}`,
      tags: ['Partner API'],
    },
  }
}
