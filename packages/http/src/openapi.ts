import { STATUS_CODES } from 'node:http'
import type { SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger'
import type { PrincipalKind } from '@gatehouse/contracts/principal'
import { OAuthError, ProblemDocument } from '@gatehouse/contracts/problems'
import { type FastifyInstance, fastify, type RouteOptions } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { OpenAPIV3_1 } from 'openapi-types'
import * as z from 'zod'
import { problemMediaType } from './problem-document.ts'
import { zodSchemas } from './zod-schemas.ts'

interface OpenapiOptions {
  readonly service: string
  readonly version: string
}

/** Serves the OpenAPI 3.1 document of all routes that are not hidden. */
export function openapi(app: FastifyInstance, options: OpenapiOptions) {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', ({ method, url, schema = {}, config = {}, handler }) => {
    if (method !== 'HEAD' && !schema.hide) routes.push({ method, url, schema, config, handler })
  })
  let document: Promise<string> | undefined
  const url = `/api/openapi/${options.service}.json`
  app.get(url, { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) => {
    document ??= describe(routes, options)
    return reply.type('application/json').send(await document)
  })
}

// In an instance of its own, made when somebody asks: what writes the document takes memory that a service which is
// never asked has better use for.
async function describe(routes: readonly RouteOptions[], { service, version }: OpenapiOptions) {
  const { fastifySwagger } = await import('@fastify/swagger')
  const scribe = fastify({ exposeHeadRoutes: false, schemaController: zodSchemas })
  await scribe.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Gatehouse ${service}`, version },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        },
        responses: {
          Problem: failure(ProblemDocument, problemMediaType),
          OAuthError: failure(OAuthError, 'application/json'),
        },
      },
    },
    transform: withAccess,
    transformObject: complete,
  })
  for (const route of routes) scribe.route(route)
  await scribe.ready()
  const document = JSON.stringify(scribe.swagger())
  await scribe.close()
  return document
}

function failure(document: z.ZodType, mediaType: string): OpenAPIV3_1.ResponseObject {
  const { $schema: _, ...schema } = z.toJSONSchema(document)
  return {
    description: 'What went wrong.',
    content: { [mediaType]: { schema: schema as OpenAPIV3_1.SchemaObject } },
  }
}

/** An API key goes as a bearer token too; a route that is not for keys takes neither. */
const credentialsFor = (kinds: readonly PrincipalKind[] = ['api_key']) =>
  kinds.includes('api_key') ? ['bearer', 'apiKey'] : ['bearer']

const toJsonSchemas = createJsonSchemaTransform({})

/** Says of each operation what it asks of the caller, and how it fails. */
const withAccess: SwaggerTransform = (document) => {
  const { access, kinds, oauth } = document.route.config ?? {}
  const { schema, url } = toJsonSchemas(document)
  const scopes = access === 'public' || access === 'signed-in' || access === undefined ? [] : [access]
  const more = {
    security: access === 'public' ? [] : credentialsFor(kinds).map((scheme) => ({ [scheme]: scopes })),
    ...(kinds && { 'x-principal-kinds': kinds }),
    ...(oauth && { consumes: ['application/x-www-form-urlencoded', 'application/json'] }),
    'x-failure': oauth ? 'OAuthError' : 'Problem',
  }
  return { schema: { ...schema, ...more }, url }
}

type Operation = OpenAPIV3_1.OperationObject<{ 'x-failure'?: string }>

const addSchemas = createJsonSchemaTransformObject({})

/** Adds the failures of every operation, and leaves out the schemas that none of them mentions. */
const complete: SwaggerTransformObject = (document) => {
  const whole = addSchemas(document) as OpenAPIV3_1.Document
  for (const item of Object.values(whole.paths ?? {})) {
    for (const operation of Object.values(item ?? {}) as Operation[]) {
      const { 'x-failure': failure = 'Problem', responses = {} } = operation
      for (const [status, response] of Object.entries(responses)) describeResponse(status, response)
      operation.responses = { ...responses, default: { $ref: `#/components/responses/${failure}` } }
      delete operation['x-failure']
    }
  }
  return { ...whole, components: { ...whole.components, schemas: mentioned(whole) } }
}

function describeResponse(
  status: string,
  response: OpenAPIV3_1.ResponseObject | OpenAPIV3_1.ReferenceObject,
) {
  if ('$ref' in response) return
  if (response.description === 'Default Response') response.description = STATUS_CODES[status] ?? 'Answer'
  // RFC 9110, section 15.3.5: there is never any content.
  if (status === '204' || status.startsWith('3')) delete response.content
}

function mentioned({ paths, components }: OpenAPIV3_1.Document) {
  const schemas = components?.schemas ?? {}
  const kept: typeof schemas = {}
  const keepAll = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      const schema = schemas[name]
      if (!schema || name in kept) continue
      kept[name] = schema
      keepAll(schema)
    }
  }
  keepAll(paths)
  return kept
}
