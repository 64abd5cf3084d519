// The first step of `npm start` and `npm test`, in plain JavaScript for whatever Node a machine has: installs what the
// lockfile says, unless it is there, and hands over to the Node that the project pins.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { env as ownEnvironment } from 'node:process'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')
const pinnedNode = join(root, 'node_modules', 'node', 'bin', 'node')

requireNode(20)
if (!isInstalled()) install()
handOver(process.argv[2], process.argv.slice(3))

/** @param {number} oldest */
function requireNode(oldest) {
  if (Number.parseInt(process.versions.node, 10) >= oldest) return
  fail(
    `Gatehouse needs Node.js ${oldest} or newer to start; this is ${process.version} (${process.execPath}).`,
  )
}

function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml')
  if (!existsSync(installed) || !existsSync(pinnedNode)) return false
  return readFileSync(installed).equals(readFileSync(join(root, 'pnpm-lock.yaml')))
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const command = ['-y', packageManager, 'install', '--frozen-lockfile']
  process.stderr.write(`Installing: npx ${command.join(' ')}\n`)
  const { error, status, signal } = spawnSync('npx', command, { cwd: root, stdio: 'inherit' })
  if (error) fail(`npx, which comes with Node.js, cannot be run: ${error.message}`)
  if (status !== 0) fail(`The installation failed (${signal ?? `exit code ${status}`}).`)
}

/**
 * @param {string | undefined} script
 * @param {string[]} args
 */
function handOver(script, args) {
  if (!script) fail(`Usage: node ${relative(root, fileURLToPath(import.meta.url))} <script> [arguments]`)
  const env = { NODE_COMPILE_CACHE: join(root, '.gatehouse', 'compile-cache'), ...ownEnvironment }
  // Detached, so that a signal of the terminal reaches it once, from here; the channel tells it when we are killed.
  const stdio = /** @type {const} */ (['inherit', 'inherit', 'inherit', 'ipc'])
  const command = ['--import', join(root, 'packages/db/src/commonjs-drizzle.ts'), join(here, script), ...args]
  const child = spawn(pinnedNode, command, { env, stdio, detached: true })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal))
  }
  // npm and the shell between us pass no signal on when they are killed themselves.
  const { npm_lifecycle_event: scriptOfNpm } = ownEnvironment
  const starters = [process.ppid, ...(scriptOfNpm ? parentOf(process.ppid) : [])]
  setInterval(() => starters.every(isAlive) || child.kill('SIGTERM'), 1000).unref()
  child.on('error', (error) => fail(`The pinned Node.js cannot be run: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * @param {number} pid
 * @returns {number[]} none where there is no `ps`
 */
function parentOf(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-p', `${pid}`], { encoding: 'utf8' })
  const parent = Number(stdout)
  return parent > 1 ? [parent] : []
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/** @param {string} reason */
function fail(reason) {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
