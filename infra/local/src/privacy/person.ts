import { expect } from 'vitest'
import type { Platform } from '../platform.ts'
import { operationOf } from './coverage.ts'

export const password = 'correct horse battery staple'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what any endpoint may answer
  readonly json: any
}

/** How somebody calls the API, or a program of theirs. */
export interface Caller {
  call(path: string, body?: object, method?: string): Promise<Answer>
  /** The same, of what has to succeed. @returns what it answers */
  done(path: string, body?: object, method?: string): Promise<Answer['json']>
}

/** @param note hears of each operation that did what was asked */
function callerAt(
  { url }: Platform,
  headersOf: () => Record<string, string>,
  note: (operation: string | undefined) => void = () => {},
): Caller {
  const call: Caller['call'] = async (path, body, method = body ? 'POST' : 'GET') => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...headersOf(),
        ...(body && { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const { status, headers } = response
    if (status < 400) note(operationOf(method, `/api${path}`))
    const isJson = text !== '' && headers.get('content-type')?.includes('json')
    return { status, headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  return withDone(call)
}

const withDone = (call: Caller['call']): Caller => ({
  call,
  async done(...args) {
    const answer = await call(...args)
    expect(answer.status, `${args[2] ?? ''} ${args[0]}: ${answer.text}`).toBeLessThan(400)
    return answer.json
  },
})

/** The administrator of the platform, signed in. */
export async function administratorOf(platform: Platform): Promise<Caller> {
  const anybody = callerAt(platform, () => ({}))
  const { accessToken } = await anybody.done('/auth/login', platform.admin)
  return callerAt(platform, () => ({ authorization: `Bearer ${accessToken}` }))
}

/** Somebody whose every string is found nowhere else. */
export async function somebody(platform: Platform) {
  const canaries: string[] = []
  /** A string that is found nowhere else, and that something of theirs is called by from now on. */
  const its = () => {
    const one = `canary${crypto.randomUUID().replaceAll('-', '')}`
    canaries.push(one)
    return one
  }
  const agent = its()
  const used = new Set<string | undefined>()
  const state = {
    email: `${its()}@people.example`,
    accessToken: '',
    refreshToken: '',
    /** Of their second factor, if they have one; each good once. */
    recoveryCodes: [] as string[],
  }
  /** What shows that it is they. */
  const proof = () => {
    const mfaCode = state.recoveryCodes.shift()
    return { password, ...(mfaCode !== undefined && { mfaCode }) }
  }

  const as = (credential: () => Record<string, string>): Caller =>
    callerAt(
      platform,
      () => ({ 'user-agent': agent, ...credential() }),
      (operation) => used.add(operation),
    )
  const headers = () => ({ ...(state.accessToken && { authorization: `Bearer ${state.accessToken}` }) })
  const unsure = as(headers)
  /** Whose access token isn't good any more, as when what they may do has changed, gets another, and tries again. */
  const own = withDone(async (...args) => {
    const answer = await unsure.call(...args)
    if (answer.json?.code !== 'auth.invalid_token') return answer
    const renewed = await unsure.call('/auth/refresh', { refreshToken: state.refreshToken })
    if (renewed.status >= 400) return answer
    Object.assign(state, renewed.json)
    return unsure.call(...args)
  })
  const enter = async (path: string, body: object) => {
    const { user, ...tokens } = await own.done(path, body)
    Object.assign(state, tokens)
    return user as { readonly id: string; readonly tenantId: string }
  }
  const signUp = { email: state.email, password, firstName: its(), lastName: its() }
  const { id, tenantId } = await enter('/auth/register', signUp)
  return {
    ...own,
    id,
    tenantId,
    state,
    canaries: canaries as readonly string[],
    its,
    /** The operations that they have called, and that did what was asked. */
    used: used as ReadonlySet<string | undefined>,
    as,
    enter,
    headers,
    proof,
    signIn: () => enter('/auth/login', { email: state.email, ...proof() }),
  }
}
export type Person = Awaited<ReturnType<typeof somebody>>
