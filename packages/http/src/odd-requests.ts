import type { FastifyRequest } from 'fastify'

/** What clients of an API use, browsers among them. */
const usualMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Many times what any endpoint takes. */
const hugeBytes = 1_048_576

/**
 * Whether a request is one that tries to get past somebody, and not a fault of whoever writes a client: its method is none
 * of an API's, its body huge, or its path one of ours for those alone who read it carelessly.
 */
export const isOdd = ({ method, url, headers }: FastifyRequest): boolean =>
  !usualMethods.has(method) || Number(headers['content-length'] ?? 0) > hugeBytes || isDisguised(url)

function isDisguised(url: string): boolean {
  const [path = ''] = url.split('?', 1)
  if (!path.startsWith('/')) return false
  const plain = readCarelessly(path)
  if (!/^\/(?:api|internal)(?:\/|$)/i.test(plain)) return false
  // Below the first two, which are words of ours, a segment may be anything that somebody made up.
  return plain !== path || /[A-Z]/.test(plain.split('/', 3).join(''))
}

/** The path with all undone that may be written in two ways: encoding, parameters of segments, slashes and dots. */
function readCarelessly(path: string): string {
  const decoded = path.replace(/%[0-7][0-9a-f]/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return /[\w.~\\/;%-]/.test(character) ? character : code
  })
  const { pathname } = new URL(`http://a${decoded}`)
  return pathname.replace(/;[^/]*/g, '').replace(/\/{2,}/g, '/')
}
