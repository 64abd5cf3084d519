import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { env as ownEnvironment } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { thisDistribution, unpackPackage } from '../apt.ts'
import { startChild } from '../processes/child.ts'

/** The path of an nginx: one on the PATH, else one fetched before, else that of this release of Debian or Ubuntu. */
export const findNginx = async (): Promise<string> => {
  const { PATH = '', XDG_CACHE_HOME = '' } = ownEnvironment
  const onPath = [...PATH.split(delimiter), '/usr/sbin'].map((folder) => join(folder, 'nginx'))
  const cache = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatehouse', 'nginx')
  const kept = join(cache, `${process.platform}-${process.arch}`, 'nginx')
  return [...onPath, kept].find(existsSync) ?? (await fetchInto(cache, kept))
}

const fetchInto = async (cache: string, kept: string) => {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'unfinished-'))
  try {
    const distribution = await thisDistribution()
    await unpackPackage(folder, distribution, {
      name: 'nginx',
      suite: distribution.codename,
      component: 'main',
    })
    const finished = join(folder, 'finished')
    await mkdir(finished)
    await cp(join(folder, 'usr', 'sbin', 'nginx'), join(finished, 'nginx'))
    await rename(finished, join(kept, '..')).catch((error) => {
      // Another process fetched the same one meanwhile, and theirs is as good.
      if (!existsSync(kept)) throw error
    })
    return kept
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface NginxOptions {
  /** Everything that it writes goes here. */
  readonly folder: string
  readonly port: number
  /** What stands in the block `server`, besides the port. */
  readonly server: string
}

/** Starts an nginx on the loopback interface as one process, and waits until it listens. */
export const startNginx = async ({ folder, port, server }: NginxOptions) => {
  const written = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const config = join(folder, 'nginx.conf')
  await writeFile(
    config,
    `daemon off;
    master_process off;
    pid ${join(folder, 'nginx.pid')};
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${written.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
      server { listen 127.0.0.1:${port}; ${server} }
    }`,
  )
  const child = await startChild({
    command: await findNginx(),
    args: ['-p', folder, '-c', config],
    env: {},
    stopSignal: 'TERM',
    onLine: () => {},
  })
  while (!(await listens(port))) await delay(20)
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stop(2_000) }
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })
