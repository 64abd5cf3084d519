import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startPlatform } from '@gatehouse/local/platform'
import { apiKeyExchange, apiKeyRoute } from './cases/api-key.ts'
import { proofSize, proving, readingAmongMany } from './cases/audit-growth.ts'
import { clientLimit } from './cases/client-limit.ts'
import { directoryGrowth, getPerson } from './cases/directory.ts'
import { doorDelay, doorRate } from './cases/door.ts'
import { idleMemory, serviceStart, warmStart } from './cases/idle-platform.ts'
import { proofMaking, verification } from './cases/ledger.ts'
import { besideLogins, loginRate, sameTime, tailBesideLogins } from './cases/login.ts'
import { logout } from './cases/logout.ts'
import { partnerToken } from './cases/partner-token.ts'
import { protectedRoute } from './cases/protected-route.ts'
import { appending, besideFlood, recording, visible } from './cases/recording.ts'
import { refresh, refreshAmongMany } from './cases/refresh.ts'
import { statements } from './cases/statements.ts'
import { tableOf, writeReport } from './report.ts'
import { type Result, runCase } from './run-case.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    out: { type: 'string', default: '.gatehouse/bench' },
    // Of the audit log; ten millions take half an hour and ten gigabytes.
    entries: { type: 'string', default: '1000000' },
  },
})

const cases = [
  idleMemory,
  loginRate,
  besideLogins,
  tailBesideLogins,
  sameTime,
  protectedRoute,
  apiKeyRoute,
  apiKeyExchange,
  refresh,
  refreshAmongMany,
  logout,
  getPerson,
  doorRate,
  doorDelay,
  clientLimit,
  partnerToken,
  ...statements,
  recording,
  appending,
  visible,
  besideFlood,
  readingAmongMany(Number(values.entries)),
  verification,
  proofMaking,
  ...directoryGrowth,
  proving,
  proofSize,
  serviceStart,
  warmStart,
]
const chosen = cases.filter(({ id }) => positionals.length === 0 || positionals.includes(id))
const say = (text: string) => process.stdout.write(`${text}\n`)

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
const platform = await startPlatform({ folder })
const results: Result[] = []
try {
  for (const benchmark of chosen) {
    say(`${benchmark.id} ${benchmark.title} …`)
    results.push(await runCase(benchmark, platform, Number(values.rounds)))
  }
} finally {
  await platform.stop()
  await rm(folder, { recursive: true, force: true })
}

say(`\n${tableOf(results)}\n`)
await writeReport(resolve(values.out), results)
process.exitCode = results.every(({ holds }) => holds) ? 0 : 1
