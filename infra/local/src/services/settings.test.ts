import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { expect, test } from 'vitest'
import { nodeOptions } from './services.ts'

const apps = resolve(import.meta.dirname, '../../../../apps')

test.each(serviceNames)(
  '%s without an environment says in plain words what it needs, all of it, and exits with 1',
  (name) => {
    const args = [...nodeOptions, join(apps, name, 'src/main.ts')]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { env: {}, encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    const [, ...faults] = stderr.trimEnd().split('\n')
    for (const fault of faults) expect(fault).toMatch(/^ {2}[A-Z_]+ is missing: it must be .+\.$/)
    const named = faults.map((fault) => fault.trim().split(' ')[0])
    expect(named).toEqual(
      expect.arrayContaining(['ISSUER', 'DATABASE_URL', 'NATS_URL', 'NATS_USER', 'NATS_PASSWORD']),
    )
  },
)
