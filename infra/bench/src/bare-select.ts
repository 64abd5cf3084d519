import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { openConnection } from '@gatehouse/db/connection'
import { nodeOptions } from '@gatehouse/local/services/services'

/**
 * A server that does nothing but read a person in a transaction of a tenant, in a process of its own.
 * @param databaseUrl of the directory's database, as the superuser
 */
export async function startBareSelect(databaseUrl: string) {
  const { sql, end } = await openConnection({
    url: databaseUrl,
    applicationName: 'bench',
    statementTimeoutMs: 0,
  })
  const username = `bench_${crypto.randomUUID().slice(0, 8)}`
  // It may what the service may: row-level security binds it as well.
  await sql.unsafe(`create role ${username} login password 'bench' in role directory_app`)
  await end()
  const child = fork(join(import.meta.dirname, 'servers/bare-select.ts'), {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send(Object.assign(new URL(databaseUrl), { username, password: 'bench' }).href)
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
