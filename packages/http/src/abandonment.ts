import { problem } from '@gatehouse/contracts/problem'
import type { FastifyReply } from 'fastify'

const abandoned = problem('request.abandoned', 408, 'The client has gone before there was an answer.')

/** Aborts when the client has gone before its answer was given. Fastify's own also does once the body is read. */
export function abandonment({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(abandoned())
  })
  return controller.signal
}
