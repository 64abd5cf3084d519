import type { FastifyPluginOptions } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'

/** A group of routes and the dependencies that it must be handed at registration. */
export type Routes<Deps extends FastifyPluginOptions> = FastifyPluginAsyncZod<Deps>
