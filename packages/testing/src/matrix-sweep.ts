import type { ServiceName } from '@gatehouse/contracts/events'
import { probes, services } from '@gatehouse/contracts/services'
import { describe, expect, test } from 'vitest'
import { type Caller, callers, credentialOf, isOutside, type World } from './matrix-callers.ts'
import { lineOf, matrixOf } from './matrix-lines.ts'
import { absent, anyAddress, isId, type Question, questionsOf, requestOf } from './matrix-requests.ts'
import type { TestIssuer } from './tokens.ts'

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

interface Sweepable {
  readonly accessTable: readonly { readonly method: string; readonly url: string; readonly access: string }[]
  inject(request: ReturnType<typeof requestOf> & Sender): Promise<Answer>
}

interface Sender {
  readonly headers: Record<string, string>
  readonly remoteAddress: string
}

interface Matrix {
  readonly service: ServiceName
  readonly issuer: TestIssuer
  /** Makes a tenant with everything that the service's routes can be about. */
  world(): Promise<World>
}

/**
 * Asks every route of a service about things of a tenant, as every kind of caller. A test a route: who is of another
 * tenant is shown nothing, and answered as about things that are not there. And one for all: who is answered with which
 * status stands in `access-matrix.txt` beside the calling test, so that no route comes, and none changes, unseen.
 */
export async function sweepMatrix(app: Sweepable, { service, issuer, world }: Matrix): Promise<void> {
  const worldsAnew = async () => {
    const [about, other] = await Promise.all([world(), world()])
    return { about, other }
  }
  let worlds = await worldsAnew()
  const lines = new Map<string, string>()

  async function ask(question: Question, caller: Caller, things = worlds.about.things) {
    const request = requestOf(question, things)
    const headers = await credentialOf(issuer, caller, worlds)
    const answer = await app.inject({ ...request, headers, remoteAddress: anyAddress() })
    expect(answer.statusCode, caller).not.toBe(500)
    // What a write has changed, the next caller would not find as this one did; what is public is about nothing that is there.
    const isPublic = question.endpoint?.config.access === 'public'
    const hasWritten = question.method !== 'GET' && answer.statusCode < 300 && !isPublic
    if (hasWritten) worlds[isOutside(caller) ? 'other' : 'about'] = await world()
    return { answer, sent: JSON.stringify(request) }
  }

  async function expectNothing(question: Question, caller: Caller) {
    const { things, secrets = [] } = worlds.about
    const { answer, sent } = await ask(question, caller, things)
    const hidden = [...Object.values(things).filter(isId), ...secrets].filter(
      (value) => !sent.includes(value),
    )
    const shown = JSON.stringify(answer.headers) + answer.body
    expect(
      hidden.filter((value) => shown.includes(value)),
      `what ${caller} is shown`,
    ).toEqual([])
    if (Object.values(things).some((value) => sent.includes(value))) {
      const { answer: ofNothing } = await ask(question, caller, absent(things))
      expect(comparable(answer), caller).toEqual(comparable(ofNothing))
    }
    return answer
  }

  describe('who is of another tenant is shown nothing of this one, not even that it is there', () => {
    test.each(questionsAbout(app, service, worlds.about))('$line', async ({ line, ...question }) => {
      // Also a write that was refused can leave a trace: a failure that counts.
      if (question.method !== 'GET') worlds = await worldsAnew()
      const statuses: number[] = []
      for (const caller of callers) {
        const answer = isOutside(caller)
          ? await expectNothing(question, caller)
          : (await ask(question, caller)).answer
        statuses.push(answer.statusCode)
      }
      lines.set(line, lineOf(statuses))
    })

    test('every kind of caller is answered as the matrix of the service says', async () => {
      await expect(matrixOf(lines)).toMatchFileSnapshot('access-matrix.txt')
    })
  })
}

function questionsAbout({ accessTable }: Sweepable, service: ServiceName, { things }: World) {
  const declared = [...probes, ...services[service]]
  return accessTable
    .filter(({ method }) => method !== 'HEAD' && method !== 'PUT')
    .flatMap(({ method, url, access }) => {
      const endpoint = declared.find((each) => each.method === method && each.url === url)
      return questionsOf({ method, url, endpoint, things }).map((question) => {
        const { filter } = question
        return { ...question, line: `${method} ${url}${filter === undefined ? '' : `?${filter}`} ${access}` }
      })
    })
}

/** An answer without what differs between any two requests. */
function comparable({ statusCode, headers, body }: Answer) {
  const {
    date: _,
    'x-request-id': __,
    'ratelimit-remaining': ___,
    'ratelimit-reset': ____,
    ...others
  } = headers
  const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi
  const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
  const same = (text: string) => text.replace(uuid, '<id>').replace(time, '<time>')
  return { statusCode, headers: same(JSON.stringify(others)), body: same(body) }
}
