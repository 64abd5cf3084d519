import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Platform, startPlatform } from '@gatehouse/local/platform'
import { startBareSelect } from '../bare-select.ts'
import type { Case } from '../case.ts'
import { directoryUrl, fillDirectory, type Insider } from '../directory-people.ts'
import { slowestOfHundred } from '../latency.ts'
import { load } from '../load.ts'
import { registerPeople } from '../people.ts'

const seconds = 4

const anyOf = <T>(list: readonly T[]) => list[randomInt(list.length)] as T
const word = () => randomInt(4096).toString(16).padStart(3, '0')

const asks: Readonly<Record<string, (who: Insider) => string>> = {
  'list of people': () => '/api/users',
  'search for people': () => `/api/users?search=${word()}`,
  'one person': ({ members }) => `/api/users/${anyOf(members)}`,
  "membership check (a person's roles)": ({ members }) => `/api/roles/users/${anyOf(members)}`,
}

/** What is asked of a directory with a million people, beside one with ten thousand; tenants are of a hundred in both. */
export const directoryGrowth: readonly Case[] = Object.entries(asks).map(([what, ask]) => ({
  id: 'P12',
  title: `${what} among 1,000,000 in 10,000 tenants, the slowest of a hundred, beside that among 10,000`,
  unit: 'ms',
  goal: { ratioAtMost: 1.5 },
  async prepare(platform) {
    const many = await fillOnce(platform)
    const few = await startSmall()
    const round = (directory: Filled) => () =>
      slowestOfHundred({
        seconds,
        connections: 4,
        next() {
          const who = anyOf(directory.insiders)
          return {
            url: `${directory.url}${ask(who)}`,
            headers: { authorization: `Bearer ${who.accessToken}` },
          }
        },
      })
    return { ours: round(many), reference: round(few.directory), dispose: few.stop }
  },
}))

/** The whole of one read under row-level security, beside its statement. */
export const getPerson: Case = {
  id: 'P4',
  title: 'GET /api/users/:id, beside a bare prepared select in such a transaction behind bare Fastify',
  unit: 'requests/s',
  goal: { ratioAtLeast: 0.7 },
  async prepare(platform) {
    const [who] = await registerPeople(platform, 1)
    if (!who) throw new Error('nobody was registered')
    const { id, tenantId } = who.user
    const bare = await startBareSelect(directoryUrl(platform))
    const headers = [{ authorization: `Bearer ${who.accessToken}` }]
    const round = (url: string) => async () =>
      (await load({ url, headers, seconds, connections: 32 })) / seconds
    return {
      ours: round(`${platform.services.directory.url}/api/users/${id}`),
      reference: round(`${bare.url}/${tenantId}/${id}`),
      dispose: bare.stop,
    }
  },
}

interface Filled {
  readonly url: string
  readonly insiders: readonly Insider[]
}

const fill = async (platform: Platform, people: number): Promise<Filled> => ({
  url: platform.services.directory.url,
  insiders: await fillDirectory(platform, people),
})

let filled: Promise<Filled> | undefined

/** The directory of the platform with a million people, filled once for all cases. */
function fillOnce(platform: Platform) {
  filled ??= fill(platform, 1_000_000)
  return filled
}

/** Another platform, with ten thousand people. */
async function startSmall() {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const platform = await startPlatform({ folder })
  started.defer(platform.stop)
  const directory = await fill(platform, 10_000)
  const everything = started.move()
  return { directory, stop: () => everything.disposeAsync() }
}
