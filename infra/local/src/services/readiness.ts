import { setTimeout as delay } from 'node:timers/promises'
import type { FieldError } from '@gatehouse/contracts/problem'

/** The services that are not ready, and what each says of it. */
export const missingOf = async (urls: Readonly<Record<string, string>>): Promise<FieldError[]> => {
  const missing = await Promise.all(Object.entries(urls).map(([path, url]) => missingAt(path, url)))
  return missing.filter((each) => each !== undefined)
}

/** Waits until each of them has been ready once, for `patienceMs` at most; gives those that were not. */
export const untilReady = async (
  urls: Readonly<Record<string, string>>,
  patienceMs: number,
): Promise<FieldError[]> => {
  const until = performance.now() + patienceMs
  const waited = Object.entries(urls).map(async ([path, url]) => {
    let missing = await missingAt(path, url)
    while (missing !== undefined && performance.now() < until) {
      await delay(100)
      missing = await missingAt(path, url)
    }
    return missing
  })
  return (await Promise.all(waited)).filter((missing) => missing !== undefined)
}

const missingAt = async (path: string, url: string): Promise<FieldError | undefined> => {
  const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
  if (answer?.ok) return undefined
  const said = (await answer?.json().catch(() => undefined)) as
    | { errors?: FieldError[]; detail?: string }
    | undefined
  const names = said?.errors?.map((error) => error.path).join(', ')
  return { path, message: names ? `misses ${names}` : (said?.detail ?? 'does not answer') }
}
