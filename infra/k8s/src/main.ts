import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writtenRoutes } from './written-routes.ts'

// Writes the gateway's routes anew after an endpoint has been added: `node infra/k8s/src/main.ts`.
await writeFile(join(import.meta.dirname, '../base/gateway/http-routes.yaml'), writtenRoutes())
