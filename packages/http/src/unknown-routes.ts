import { methodNotAllowed, noSuchRoute } from '@gatehouse/contracts/problems'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Identify } from './authentication.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Refuses addresses and methods that no route has, once it is known who asks for them, if anybody can tell. */
export function unknownRoutes(app: FastifyInstance, identify: readonly Identify[]) {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404) {
      done()
      return
    }
    const [path = ''] = request.url.split('?', 1)
    const allowed = methods.filter((method) => app.findRoute({ method, url: path }))
    const refusal =
      allowed.length === 0 ? noSuchRoute() : methodNotAllowed({ headers: { allow: allowed.join(', ') } })
    nameBearer(request, identify).then(() => done(refusal), done)
  })
}

async function nameBearer(request: FastifyRequest, identify: readonly Identify[]) {
  for (const each of identify) if (request.bearer === null) await each(request)
}
