import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'

const execute = promisify(execFile)

/** The distribution of this machine, as far as packages are fetched from it. */
export interface Distribution {
  readonly id: 'debian' | 'ubuntu'
  /** The running release. */
  readonly codename: string
  readonly mirror: string
}

/** @throws where there is no apt, or no mirror of the running release */
export const thisDistribution = async (): Promise<Distribution> => {
  const release = parseEnv(await readFile('/etc/os-release', 'utf8').catch(() => ''))
  const { ID, ID_LIKE = '', UBUNTU_CODENAME, VERSION_CODENAME = '' } = release
  const family = [ID, ...ID_LIKE.split(' ')]
  const id = (['ubuntu', 'debian'] as const).find((name) => family.includes(name))
  if (id === undefined) throw new Error('this is neither Debian nor Ubuntu')
  const codename = UBUNTU_CODENAME ?? VERSION_CODENAME
  return { id, codename, mirror: await mirrorOf(codename) }
}

/** Where apt fetches the running release from, whichever way its sources are written down. */
const mirrorOf = async (codename: string) => {
  const { stdout } = await execute('apt-get', ['--print-uris', 'update'])
  const sources = [...stdout.matchAll(/^'(.+)\/dists\/([^/']+)\/InRelease'/gm)]
  const mirror = sources.find(([, , suite]) => suite === codename)?.[1]
  if (mirror === undefined) throw new Error(`apt has no source for ${codename || 'this release'}`)
  return mirror
}

interface Package {
  readonly name: string
  readonly suite: string
  readonly component: string
}

/**
 * Unpacks a package into `folder`, fetched from the mirror that this machine already uses and checked against the
 * distribution's keys. Needs no root, and changes nothing outside of `folder`.
 */
export const unpackPackage = async (
  folder: string,
  { id, mirror }: Distribution,
  { name, suite, component }: Package,
): Promise<void> => {
  const keys = `/usr/share/keyrings/${id}-archive-keyring.gpg`
  const signedBy = existsSync(keys) ? `[signed-by=${keys}] ` : ''
  const lists = join(folder, 'lists')
  const cache = join(folder, 'cache')
  await Promise.all(
    [join(lists, 'partial'), join(cache, 'archives', 'partial')].map((path) =>
      mkdir(path, { recursive: true }),
    ),
  )
  await writeFile(join(folder, 'sources.list'), `deb ${signedBy}${mirror} ${suite} ${component}\n`)
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
      { cwd: folder, timeout: 180_000 },
    )
  await apt('update')
  await apt('download', name)
  const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'))
  if (archive === undefined) throw new Error('apt fetched no package')
  await execute('dpkg-deb', ['-x', archive, '.'], { cwd: folder })
}
