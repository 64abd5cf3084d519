import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writtenGateway } from './written-gateway.ts'

// After an endpoint has been added: `node infra/docker/src/write-gateway.ts`.
await writeFile(join(import.meta.dirname, '../compose/gateway.conf'), writtenGateway())
