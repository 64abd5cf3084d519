import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'

export const health = {
  method: 'GET',
  url: '/api/health',
  config: { access: 'public' },
  schema: {
    operationId: 'health',
    summary: 'Liveness probe',
    description: 'Whether the process can serve; it looks at nothing outside of it.',
    tags: ['Health'],
    response: { 200: z.object({ status: z.literal('ok') }) },
  },
} as const satisfies Endpoint

export const ready = {
  method: 'GET',
  url: '/api/ready',
  config: { access: 'public' },
  schema: {
    operationId: 'ready',
    summary: 'Readiness probe',
    description:
      'Whether all is there that the service cannot do without; 503 names what is missing. What it serves on without is named in `without`.',
    tags: ['Health'],
    response: {
      200: z.object({
        status: z.literal('ready'),
        without: z
          .array(z.string())
          .optional()
          .meta({ examples: [['nats']] }),
      }),
    },
  },
} as const satisfies Endpoint

/** The same two where probes look for them by habit; a service's own, never routed from outside. */
export const livenessProbe = {
  ...health,
  url: '/health',
  schema: { ...health.schema, operationId: 'livenessProbe', hide: true },
} as const satisfies Endpoint

export const readinessProbe = {
  ...ready,
  url: '/ready',
  schema: { ...ready.schema, operationId: 'readinessProbe', hide: true },
} as const satisfies Endpoint
