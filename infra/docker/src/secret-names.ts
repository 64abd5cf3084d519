import { serviceNames } from '@gatehouse/contracts/events'

const upper = (name: string) => name.replaceAll('-', '_').toUpperCase()

/** The secrets of `compose.yaml`, as its variables. */
export const secretNames: readonly string[] = [
  'POSTGRES_PASSWORD',
  'ADMINISTRATOR_PASSWORD',
  'NATS_PROVISIONER_PASSWORD',
  'PASSWORD_PEPPER',
  ...serviceNames.flatMap((service) =>
    [
      'DATABASE_OWNER_PASSWORD',
      'DATABASE_APP_PASSWORD',
      'NATS_PASSWORD',
      'SERVICE_SECRET',
      'KEY_ENCRYPTION_KEY',
    ].map((secret) =>
      secret === 'NATS_PASSWORD' ? `NATS_${upper(service)}_PASSWORD` : `${upper(service)}_${secret}`,
    ),
  ),
]
