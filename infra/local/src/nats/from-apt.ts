import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { versionOf } from './version.ts'

const execute = promisify(execFile)

const distributions = {
  debian: { suites: ['forky', 'sid'], component: 'main' },
  ubuntu: { suites: ['resolute', 'devel'], component: 'universe' },
}

/**
 * Unpacks the `nats-server` of a newer suite of Debian or Ubuntu into `folder`, fetched with apt from the mirror that
 * this machine already uses and checked against the distribution's keys. Needs no root and changes nothing outside
 * `folder`. Throws where there is no apt, no mirror, or no suite with one that is new enough and runs here.
 */
export const natsFromApt = async (folder: string): Promise<string> => {
  const release = parseEnv(await readFile('/etc/os-release', 'utf8').catch(() => ''))
  const { ID, ID_LIKE = '', UBUNTU_CODENAME, VERSION_CODENAME = '' } = release
  const family = [ID, ...ID_LIKE.split(' ')]
  const id = (['ubuntu', 'debian'] as const).find((name) => family.includes(name))
  if (id === undefined) throw new Error('this is neither Debian nor Ubuntu')
  const { suites, component } = distributions[id]
  const mirror = await mirrorOf(UBUNTU_CODENAME ?? VERSION_CODENAME)
  const keys = `/usr/share/keyrings/${id}-archive-keyring.gpg`
  const options = existsSync(keys) ? `[signed-by=${keys}] ` : ''
  const reasons: string[] = []
  for (const suite of suites) {
    try {
      const program = await unpack(join(folder, suite), `deb ${options}${mirror} ${suite} ${component}`)
      await versionOf(program)
      return program
    } catch (error) {
      reasons.push(`${suite}: ${lastLine(error)}`)
    }
  }
  throw new Error(`${mirror} gave none (${reasons.join('; ')})`)
}

/** Where apt fetches the running release from, whichever way its sources are written down. */
const mirrorOf = async (codename: string) => {
  const { stdout } = await execute('apt-get', ['--print-uris', 'update'])
  const sources = [...stdout.matchAll(/^'(.+)\/dists\/([^/']+)\/InRelease'/gm)]
  const mirror = sources.find(([, , suite]) => suite === codename)?.[1]
  if (mirror === undefined) throw new Error(`apt has no source for ${codename || 'this release'}`)
  return mirror
}

const unpack = async (folder: string, source: string) => {
  const lists = join(folder, 'lists')
  const cache = join(folder, 'cache')
  await Promise.all(
    [join(lists, 'partial'), join(cache, 'archives', 'partial')].map((path) =>
      mkdir(path, { recursive: true }),
    ),
  )
  await writeFile(join(folder, 'sources.list'), `${source}\n`)
  const options = {
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::Lists': lists,
    'Dir::Cache': cache,
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
    // Root would else fetch as the user _apt, who may not write here.
    'APT::Sandbox::User': 'root',
  }
  const apt = (...command: string[]) =>
    execute(
      'apt-get',
      ['-qq', ...Object.entries(options).map(([name, value]) => `-o${name}=${value}`), ...command],
      {
        cwd: folder,
        timeout: 180_000,
      },
    )
  await apt('update')
  await apt('download', 'nats-server')
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'))
  if (archive === undefined) throw new Error('apt fetched no package')
  await execute('dpkg-deb', ['-x', archive, '.'], { cwd: folder })
  return join(folder, 'usr', 'sbin', 'nats-server')
}

const lastLine = (error: unknown) => {
  const { stderr = '', message } = error as Error & { stderr?: string }
  return (stderr.trim() || message).split('\n').at(-1)
}
