import type { FieldError, Problem } from '@gatehouse/contracts/problem'
import { invalidRequest } from '@gatehouse/contracts/problems'
import type { FastifyError, FastifyRequest } from 'fastify'
import * as z from 'zod'

const maxErrors = 100

// In the order in which Fastify validates; it stops at the first that is not valid.
const parts = ['params', 'body', 'querystring', 'headers'] as const

/** Every fault of a request that failed validation, also in the parts that Fastify did not come to any more. */
export function validationProblem(
  error: Partial<FastifyError>,
  request: FastifyRequest,
): Problem | undefined {
  if (error.code !== 'FST_ERR_VALIDATION') return undefined
  const failed = parts.indexOf(error.validationContext as (typeof parts)[number])
  const errors = parts.slice(failed).flatMap((part) => {
    const schema = request.routeOptions.schema?.[part]
    if (!(schema instanceof z.ZodType)) return []
    const { error } = schema.safeParse(part === 'querystring' ? request.query : request[part])
    return error?.issues.flatMap((issue) => faultsOf(part, issue)) ?? []
  })
  return invalidRequest({ errors: errors.slice(0, maxErrors) })
}

function faultsOf(part: string, issue: z.core.$ZodIssue): FieldError[] {
  const path = [part, ...issue.path].join('.')
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  return issue.keys.map((name) => ({
    path: `${path}.${name.slice(0, 100)}`,
    message: 'There is no such field.',
  }))
}
