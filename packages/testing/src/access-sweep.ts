import { isPermission, permissionNames } from '@gatehouse/contracts/permissions'
import { principalKinds } from '@gatehouse/contracts/principal'
import { describe, expect, test } from 'vitest'
import { allBut, type TestIssuer } from './tokens.ts'

interface Sweepable {
  readonly accessTable: readonly {
    readonly method: string
    readonly url: string
    readonly access: string
    readonly tokens: string | undefined
  }[]
  inject(request: {
    method: 'GET'
    url: string
    headers?: Record<string, string>
  }): Promise<{ statusCode: number }>
}

/**
 * Declares, for every route of a service that isn't public and takes tokens of ours, the tests that it turns away who may
 * not call it.
 */
export function sweepAccess(app: Sweepable, { as }: TestIssuer) {
  const guarded = app.accessTable.filter(({ access, tokens }) => access !== 'public' && !tokens)
  const call = ({ method, url }: { method: string; url: string }, headers: Record<string, string> = {}) =>
    app.inject({ method: method as 'GET', url: url.replace(/:\w+/g, crypto.randomUUID()), headers })

  describe('every guarded route', () => {
    test('is there to be swept', () => expect(guarded.length).toBeGreaterThan(0))

    test.each(guarded)('$method $url refuses a caller without a token', async (route) => {
      expect((await call(route)).statusCode).toBe(401)
    })

    test.each(guarded.filter(({ access }) => isPermission(access)))(
      '$method $url refuses a caller who holds every permission but $access',
      async (route) => {
        const headers = await as({ permissions: isPermission(route.access) ? allBut(route.access) : [] })
        expect((await call(route, headers)).statusCode).toBe(403)
      },
    )

    test.each(guarded.flatMap((route) => principalKinds.map((kind) => ({ ...route, kind }))))(
      '$method $url has an answer for a $kind who holds every permission, and never a 5xx',
      async ({ kind, ...route }) => {
        const answer = await call(route, await as({ kind, permissions: permissionNames }))
        expect(answer.statusCode).toBeLessThan(500)
      },
    )
  })
}
