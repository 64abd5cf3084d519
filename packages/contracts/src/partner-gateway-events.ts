import * as z from 'zod'
import type { EventDeclarations } from './event.ts'

/** Everything that the partner gateway tells of. */
export const partnerGatewayEvents = {
  'oauth_client.created': {
    version: 1,
    person: 'nobody',
    summary: 'An OAuth 2 client was created for a partner.',
    data: z.object({ name: z.string(), scopes: z.array(z.string()) }),
  },
} as const satisfies EventDeclarations
