import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/events'
import type { Messaging } from '../nats/messaging.ts'
import type { Storage } from '../postgresql/storage.ts'
import type { Secrets } from '../state/secrets.ts'

/** What the settings of the services are made of. */
export interface Surroundings {
  /** Where each service is called. */
  readonly urls: Readonly<Record<ServiceName, string>>
  /** Where clients call the gateway; every token's `iss`. */
  readonly issuer: string
  readonly storage: Storage
  readonly messaging: Messaging
  readonly secrets: Secrets
  /** From which auth makes the administrator and the service accounts. */
  readonly bootstrapFile: string
  /** Of the mail catcher. */
  readonly smtpPort: number
}

const compileCache = join(import.meta.dirname, '../../../../.gatehouse/compile-cache')

/** The settings of one service, as its process finds them in its environment. */
export const serviceEnvironment = (service: ServiceName, of: Surroundings): Record<string, string> => {
  const { url, user, password } = of.messaging.logins[service]
  return {
    HOST: '127.0.0.1',
    PORT: new URL(of.urls[service]).port,
    DATABASE_URL: of.storage.databaseUrls[service],
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: password,
    ISSUER: of.issuer,
    JWKS_URL: `${of.urls.auth}/api/.well-known/jwks.json`,
    AUTH_URL: of.urls.auth,
    DIRECTORY_URL: of.urls.directory,
    AUDIT_URL: of.urls.audit,
    PARTNER_GATEWAY_URL: of.urls['partner-gateway'],
    SERVICE_SECRET: of.secrets[`${service}.secret`],
    // The gateway's address, as they see it.
    TRUSTED_PROXIES: '127.0.0.1/32,::1/128',
    NODE_COMPILE_CACHE: compileCache,
    // Password hashing runs on these threads: more than there are cores would only take turns.
    UV_THREADPOOL_SIZE: `${Math.max(2, availableParallelism())}`,
    ...(service === 'auth' ? authSettings(of) : {}),
    ...(service === 'audit' ? auditSettings(of) : {}),
    ...(service === 'directory' ? directorySettings(of) : {}),
    ...(service === 'partner-gateway' ? partnerGatewaySettings(of) : {}),
  }
}

const authSettings = (of: Surroundings) => ({
  KEY_ENCRYPTION_KEY: asBase64(of.secrets['auth.key-encryption-key']),
  PASSWORD_PEPPER: asBase64(of.secrets['auth.password-pepper']),
  // Four times as fast as the default, on a machine that does everything at once.
  BCRYPT_COST: '10',
  BOOTSTRAP_FILE: of.bootstrapFile,
  PARTNER_ISSUER: `${of.issuer}/api/partner`,
  PARTNER_JWKS_URL: `${of.urls['partner-gateway']}/api/partner/.well-known/jwks.json`,
  ...sendingMail(of),
})

const auditSettings = (of: Surroundings) => ({
  KEY_ENCRYPTION_KEY: asBase64(of.secrets['audit.key-encryption-key']),
})

const directorySettings = (of: Surroundings) => ({
  KEY_ENCRYPTION_KEY: asBase64(of.secrets['directory.key-encryption-key']),
  ...sendingMail(of),
})

const partnerGatewaySettings = (of: Surroundings) => ({
  KEY_ENCRYPTION_KEY: asBase64(of.secrets['partner-gateway.key-encryption-key']),
})

const sendingMail = ({ issuer, smtpPort }: Surroundings) => ({
  LINKS_URL: issuer,
  SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
  MAIL_FROM: 'Gatehouse <no-reply@gatehouse.localhost>',
})

const asBase64 = (base64url: string) => Buffer.from(base64url, 'base64url').toString('base64')
