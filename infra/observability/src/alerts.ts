import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

const folder = join(import.meta.dirname, '../alerts')

export interface Rule {
  readonly expr: string
  /** Of a rule that records the value of its expression as another metric. */
  readonly record?: string
  /** Of one that raises an alert. */
  readonly alert?: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: { readonly summary: string; readonly runbook: string }
}

interface Group {
  readonly name: string
  readonly rules: readonly Rule[]
}

/** The groups of rules of all files, as Prometheus itself takes them. */
export async function readGroups(): Promise<readonly Group[]> {
  const names = (await readdir(folder)).sort()
  const files = names.map(async (name) => parse(await readFile(join(folder, name), 'utf8')).spec.groups)
  return (await Promise.all(files)).flat()
}
