import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Case } from '../case.ts'

/** What the four services take together when nobody asks anything of them. */
export const idleMemory: Case = {
  id: 'P13',
  title: 'memory of the four services, idle, together',
  unit: 'MB',
  goal: { atMost: 500 },
  prepare: async ({ services }) => ({
    async ours() {
      const each = await Promise.all(Object.values(services).map(({ pid }) => residentMegabytes(pid)))
      return each.reduce((sum, megabytes) => sum + megabytes, 0)
    },
    dispose: async () => {},
  }),
}

/** From the start of a service's process until it is ready, after the one before was killed; the slowest. */
export const serviceStart: Case = {
  id: 'P13',
  title: 'start of a service until it is ready, the slowest of four',
  unit: 's',
  goal: { atMost: 1 },
  prepare: async ({ services }) => ({
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
    dispose: async () => {},
  }),
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
