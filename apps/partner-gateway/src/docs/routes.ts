import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ServiceName } from '@gatehouse/contracts/events'
import type { Routes } from '@gatehouse/http/routes'
import { fastify } from 'fastify'
import { fetchDocument } from './fetch-document.ts'
import { mergeDocuments, OpenApiDocument } from './merge-documents.ts'
import { contentSecurityPolicy, referencePage } from './reference-page.ts'

const description = `
The API of all four services. Sign in (\`POST /api/auth/login\`) and send the access token as \`Authorization: Bearer\`.

Every failure is an \`application/problem+json\` document (RFC 9457) whose \`code\` is stable. Lists are read page by page
with \`limit\` and the \`cursor\` of the page before. An \`X-Correlation-Id\` that you send is found again in the audit log.
`

const open = { config: { access: 'public' }, schema: { hide: true } } as const

interface Deps {
  /** Where the other services are. */
  readonly services: Readonly<Record<Exclude<ServiceName, 'partner-gateway'>, string>>
}

export const docsRoutes: Routes<Deps> = async (app, { services }) => {
  let script: Promise<{ body: Buffer; etag: string }> | undefined

  app.get('/api/openapi.json', open, async () => {
    const others = Object.entries(services).map(([service, url]) => fetchDocument(service, url))
    const own = OpenApiDocument.parse((await app.inject('/api/openapi/partner-gateway.json')).json())
    return mergeDocuments([...(await Promise.all(others)), own], {
      ...own.info,
      title: 'Gatehouse',
      description,
    })
  })

  app.get('/api/docs', open, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .send(referencePage),
  )

  app.get('/api/docs/scalar.js', open, async (request, reply) => {
    script ??= compressedScript()
    const { body, etag } = await script
    reply.header('cache-control', 'public, max-age=3600').header('etag', etag)
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.type('text/javascript; charset=utf-8').header('content-encoding', 'gzip').send(body)
  })
}

async function compressedScript() {
  const body = await promisify(gzip)(await loadReferenceScript())
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}

/**
 * The script of Scalar's reference, several megabytes. Its package holds it inside a Fastify plugin, so it is asked for
 * through one, which is loaded when the first reader comes.
 */
async function loadReferenceScript(): Promise<string> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = fastify()
  await app.register(scalar, { routePrefix: '/reference', configuration: { url: '/api/openapi.json' } })
  const { body } = await app.inject('/reference/js/scalar.js')
  await app.close()
  return body
}
