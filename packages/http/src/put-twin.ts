import type { FastifyInstance } from 'fastify'

/** Lets PUT do what PATCH does at the same address, without a word of it in the OpenAPI document. */
export function putTwins(app: FastifyInstance) {
  app.addHook('onRoute', function (route) {
    if (route.method !== 'PATCH') return
    this.route({ ...route, method: 'PUT', url: route.routePath, schema: { ...route.schema, hide: true } })
  })
}
