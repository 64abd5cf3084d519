import type { FastifyServerOptions } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>

/** Fastify's `schemaController` for schemas in zod. Set from the start, it keeps Fastify from loading Ajv. */
export const zodSchemas = {
  compilersFactory: { buildValidator: () => validatorCompiler, buildSerializer: () => serializerCompiler },
  // The types know of no factories but those for Ajv.
} as unknown as SchemaController
