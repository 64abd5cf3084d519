import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const cruiser = join(root, 'node_modules/.bin/depcruise')

/** What is read of dependency-cruiser's report. */
interface Report {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[]
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { name: string; severity: string }
      from: string
      to: string
    }[]
  }
}

/**
 * Checks which module imports which (`.dependency-cruiser.cjs`), and that every module was looked at: where
 * dependency-cruiser has no TypeScript that it knows, it looks at none and is content.
 */
const checkDependencies = async () => {
  const report = await cruise()
  const files = globSync('{apps,packages,infra}/*/src/**/*.ts', { cwd: root })
  const seen = new Set(report.modules.map(({ source }) => source))
  const unseen = files.filter((file) => !seen.has(file))
  const errors = report.summary.violations.filter(({ rule }) => rule.severity === 'error')
  const imports = report.modules.reduce((sum, { dependencies }) => sum + dependencies.length, 0)
  const looked = `looked at ${imports} imports of ${files.length - unseen.length} out of ${files.length} modules`
  const lines = [
    ...errors.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    ...unseen.map((file) => `not looked at: ${file}`),
    `${looked}: ${errors.length} are forbidden`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return errors.length === 0 && unseen.length === 0 && imports > files.length
}

const cruise = async (): Promise<Report> => {
  const options = [
    '--config',
    '.dependency-cruiser.cjs',
    '--ts-config',
    'tsconfig.base.json',
    '--output-type',
    'json',
  ]
  const args = [...options, 'apps', 'packages', 'infra']
  const { stdout } = await execute(cruiser, args, { cwd: root, maxBuffer: 256 * 1024 * 1024 })
  return JSON.parse(stdout)
}

process.exitCode = (await checkDependencies()) ? 0 : 1
