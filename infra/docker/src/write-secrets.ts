import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { secretNames } from './secret-names.ts'

// Once, before `docker compose up`: `node infra/docker/src/write-secrets.ts`. Refuses where there are some already.
const secret = (name: string) => randomBytes(32).toString(/KEY|PEPPER/.test(name) ? 'base64' : 'hex')
const lines = secretNames.map((name) => `${name}=${secret(name)}\n`)
await writeFile(join(import.meta.dirname, '../.env'), lines.join(''), { mode: 0o600, flag: 'wx' })
