import { STATUS_CODES } from 'node:http'
import type { Problem } from '@gatehouse/contracts/problem'
import type { ProblemDocument } from '@gatehouse/contracts/problems'

export const problemMediaType = 'application/problem+json'

/** Writes down a problem, for the request that met it, as RFC 9457 has it. */
export function problemDocument(
  { code, status, message, errors, extensions }: Problem,
  request: { id: string; url: string },
) {
  return JSON.stringify({
    type: `/api/docs#${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    instance: request.url.split('?', 1)[0] ?? '',
    code,
    requestId: request.id,
    ...(errors && { errors: [...errors] }),
    ...extensions,
  } satisfies ProblemDocument)
}
