import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceName } from '@gatehouse/contracts/events'
import { buildImage } from '@gatehouse/docker/build-image'
import { images } from '@gatehouse/docker/images'
import { startPlatform } from '@gatehouse/local/platform'
import type { Case } from '../case.ts'

/** What the four services take together when nobody asks anything of them, each as its image has it. */
export const idleMemory: Case = {
  id: 'P13',
  title: 'memory of the four services from their images, idle, together',
  unit: 'MB',
  goal: { atMost: 500 },
  async prepare() {
    const { services, dispose } = await startFromImages()
    return {
      async ours() {
        await delay(10_000)
        const each = await Promise.all(Object.values(services).map(({ pid }) => residentMegabytes(pid)))
        return each.reduce((sum, megabytes) => sum + megabytes, 0)
      },
      dispose,
    }
  },
}

/** From the start of a service's process until it is ready, after the one before was killed; the slowest. */
export const serviceStart: Case = {
  id: 'P13',
  title: 'start of a service from its image until it is ready, the slowest of four',
  unit: 's',
  goal: { atMost: 1 },
  async prepare() {
    const { services, dispose } = await startFromImages()
    return {
      async ours() {
        const seconds: number[] = []
        for (const service of Object.values(services)) {
          const killed = service.pid
          service.kill()
          while (service.pid === killed) await delay(5)
          await untilReady(service.url)
          seconds.push(await secondsSinceStart(service.pid))
        }
        return Math.max(...seconds)
      },
      dispose,
    }
  },
}

/** The start of the whole platform, servers included, on the state of an earlier one. */
export const warmStart: Case = {
  id: 'P13',
  title: 'warm start of the whole platform',
  unit: 's',
  goal: { atMost: 6 },
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
    await startAndStop(folder)
    return { ours: () => startAndStop(folder), dispose: () => rm(folder, { recursive: true, force: true }) }
  },
}

/** A platform of its own, whose services run from the content of their images. */
async function startFromImages() {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  const built = images.map(async (image) => {
    await buildImage(image, join(folder, image.name))
    return [image.name, join(folder, image.name, 'dist/main.js')] as const
  })
  const programs = Object.fromEntries(await Promise.all(built)) as Record<ServiceName, string>
  // An image has no folder to keep compiled code in.
  const env = { NODE_DISABLE_COMPILE_CACHE: '1' }
  const { services, stop } = await startPlatform({ folder: join(folder, 'state'), programs, env })
  const dispose = async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { services, dispose }
}

async function residentMegabytes(pid: number) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(status) ?? []
  return Number(kibibytes) / 1024
}

async function untilReady(url: string) {
  while (!(await fetch(`${url}/ready`).catch(() => undefined))?.ok) await delay(5)
}

/** How long a process has lived, by the kernel's clock of 100 ticks a second. */
async function secondsSinceStart(pid: number) {
  const [uptime = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The fields are counted from behind the name, which may hold anything; the start is the 22nd (proc(5)).
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return Number(uptime) - Number(started) / 100
}

/** Seconds from the start of the process until the platform in it was ready. */
async function startAndStop(folder: string) {
  const since = performance.now()
  const child = fork(join(import.meta.dirname, '../servers/platform.ts'), [folder])
  await once(child, 'message')
  const seconds = (performance.now() - since) / 1000
  child.send('stop')
  await once(child, 'exit')
  return seconds
}
