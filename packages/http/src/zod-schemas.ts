import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type * as z from 'zod'

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>

/** Fastify's `schemaController` for schemas in zod. Set from the start, it keeps Fastify from loading Ajv. */
export const zodSchemas = {
  compilersFactory: { buildValidator: () => validatorCompiler, buildSerializer: () => serializerCompiler },
  // The types know of no factories but those for Ajv.
} as unknown as SchemaController

/** The `validatorCompiler` of a route that passes bodies on unread, for what is behind it to check. */
export const allButBodies: FastifySchemaCompiler<unknown> = ({ schema, ...part }) =>
  // What the types know of no part's schema: here it is always one in zod.
  part.httpPart === 'body' ? () => true : validatorCompiler({ ...part, schema: schema as z.ZodType })
