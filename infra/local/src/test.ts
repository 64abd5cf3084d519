import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, relative, resolve } from 'node:path'
import { env } from 'node:process'
import pc from 'picocolors'
import { startChild } from './processes/child.ts'
import { onEnd } from './processes/end.ts'

const root = resolve(import.meta.dirname, '../../..')
const checks = ['check:types', 'check:lint', 'check:dependencies', 'check:unused']
const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
const write = (text: string) => void process.stdout.write(text)

interface Outcome {
  readonly passed: number
  readonly skipped: number
  /** What to look at. */
  readonly failures: readonly string[]
}

/** `npm test`: runs every check and every test, and says at the end how many passed and which failed. */
const main = async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const outcomes = await Promise.all(checks.map((name) => check(name, scripts[name])))
  const outcome = total([...outcomes, await tests(scripts['test:unit'])])
  const { passed, skipped, failures } = outcome
  if (failures.length > 0) write(`\n${pc.red('Failed:')}\n${failures.map((each) => `  ${each}\n`).join('')}`)
  write(`\n${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  return failures.length === 0 && passed > checks.length ? 0 : 1
}

/** A script of the root's package.json, as pnpm would run it. */
const run = async (script: string, onLine: (line: string) => void) => {
  const { PATH = '' } = env
  const child = await startChild({
    command: 'sh',
    args: ['-c', script],
    env: { ...env, ...colour, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${PATH}` },
    cwd: root,
    stopSignal: 'TERM',
    onLine,
  })
  return (await child.ended) === 'exit code 0'
}

const check = async (name: string, script: string): Promise<Outcome> => {
  const lines: string[] = []
  const since = performance.now()
  const isWell = await run(script, (line) => lines.push(line))
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  write(`${isWell ? pc.green('✓') : pc.red('✗')} ${name} ${pc.dim(`${seconds} s`)}\n`)
  if (!isWell || name === 'check:dependencies') write(`${lines.join('\n')}\n`)
  return { passed: isWell ? 1 : 0, skipped: 0, failures: isWell ? [] : [name] }
}

/** What is read of the report of vitest. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const tests = async (script: string): Promise<Outcome> => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-report-'))
  const file = join(folder, 'report.json')
  const isWell = await run(`${script} --reporter=default --reporter=json --outputFile.json=${file}`, (line) =>
    write(`${line}\n`),
  )
  const report: Report = JSON.parse(await readFile(file, 'utf8').catch(() => '{"testResults":[]}'))
  await rm(folder, { recursive: true })
  const outcome = total(report.testResults.map(outcomeOf))
  // Also what is no test's fault, such as an error that nobody caught, fails the run.
  const isUnexplained = !isWell && outcome.failures.length === 0
  return isUnexplained ? { ...outcome, failures: ['test:unit (see above)'] } : outcome
}

const outcomeOf = ({ name, status, assertionResults }: Report['testResults'][number]): Outcome => {
  const of = (wanted: string) => assertionResults.filter((test) => test.status === wanted)
  const place = relative(root, name)
  const failures = of('failed').map(({ fullName }) => `${place}: ${fullName}`)
  const isBroken = status === 'failed' && failures.length === 0
  const passed = of('passed').length
  const skipped = assertionResults.length - passed - failures.length
  return { passed, skipped, failures: isBroken ? [place] : failures }
}

const total = (outcomes: readonly Outcome[]): Outcome => ({
  passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
  skipped: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
  failures: outcomes.flatMap(({ failures }) => failures),
})

onEnd(async () => 1)
process.exit(await main())
