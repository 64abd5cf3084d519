import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Whether an answer says what went wrong, and with it where. */
export const isProblem = (contentType: unknown) =>
  typeof contentType === 'string' && contentType.startsWith('application/problem+json')

/** The problem of a service behind, with the address that the client knows in place of the one that is behind. */
export async function asOfTheDoor(answer: Readable, url: string): Promise<string> {
  const problem = await text(answer)
  try {
    return JSON.stringify({ ...JSON.parse(problem), instance: url.split('?', 1)[0] })
  } catch {
    return problem
  }
}
