import { stringify } from 'yaml'
import { readGroups } from './alerts.ts'

// The rules of all files in one, for a Prometheus that nobody operates by resources: `rule_files`.
process.stdout.write(stringify({ groups: await readGroups() }))
