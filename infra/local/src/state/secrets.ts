import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { writePrivate } from './private-file.ts'

type SecretName =
  | 'administrator.password'
  | 'auth.key-encryption-key'
  | 'auth.password-pepper'
  | 'audit.key-encryption-key'
  | 'directory.key-encryption-key'
  | 'partner-gateway.key-encryption-key'
  | 'provisioner.nats'
  | `${ServiceName}.${'secret' | 'nats' | 'database.owner' | 'database.app'}`

/** 256 random bits each, in base64url. */
export type Secrets = Readonly<Record<SecretName, string>>

const names: readonly SecretName[] = [
  'administrator.password',
  'auth.key-encryption-key',
  'auth.password-pepper',
  'audit.key-encryption-key',
  'directory.key-encryption-key',
  'partner-gateway.key-encryption-key',
  'provisioner.nats',
  ...serviceNames.flatMap((service) =>
    (['secret', 'nats', 'database.owner', 'database.app'] as const).map(
      (use) => `${service}.${use}` as const,
    ),
  ),
]

/**
 * The secrets of a platform, made once and kept in a file that is this user's alone (mode 0600); one that a later version
 * adds is made then. Throws when the file is there and cannot be read.
 */
export const keepSecrets = async (file: string): Promise<Secrets> => {
  const kept: Record<string, string> = JSON.parse(await readFile(file, 'utf8').catch(orNothing))
  const missing = names.filter((name) => kept[name] === undefined)
  for (const name of missing) kept[name] = randomBytes(32).toString('base64url')
  if (missing.length > 0) await writePrivate(file, kept)
  return kept as Secrets
}

const orNothing = (error: NodeJS.ErrnoException) => {
  if (error.code === 'ENOENT') return '{}'
  throw error
}
