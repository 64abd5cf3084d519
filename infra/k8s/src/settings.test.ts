import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseSettings } from '@gatehouse/config/load-settings'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { grants } from '@gatehouse/local/state/administrator'
import { expect, test } from 'vitest'
import type * as z from 'zod'
import { environmentOf, overlays, render, secretData, theOne } from './harness.ts'

const root = join(import.meta.dirname, '../../..')
const ofImage = { HOST: '0.0.0.0', PORT: '8080', NODE_ENV: 'production' }

const random: Readonly<Record<string, string>> = {
  KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  PASSWORD_PEPPER: randomBytes(32).toString('base64'),
  URL: 'smtps://user:password@smtp.example.com',
  EMAIL: 'admin@example.com',
}
const secret = (_key: string, property: string) => random[property] ?? randomBytes(32).toString('hex')

const settingsOf = async (folder: string): Promise<z.ZodObject> =>
  (await import(join(root, folder, 'src/config.ts'))).Settings

const environment = (overlay: (typeof overlays)[number], name: string): Record<string, string> => {
  const manifests = render(overlay)
  const [container] = theOne(manifests, 'Deployment', `gatehouse-${name}`).spec.template.spec.containers
  return { ...ofImage, ...environmentOf(manifests, container, secret) }
}

const everywhere = overlays.flatMap((overlay) => serviceNames.map((service) => ({ overlay, service })))

test.each(everywhere)(
  'in $overlay, $service is given every setting that it needs, and no value is wrong',
  async ({ overlay, service }) => {
    const result = parseSettings(await settingsOf(`apps/${service}`), environment(overlay, service))
    expect(result).toMatchObject({ settings: { DRAIN_GRACE: 5_000, PORT: 8080 } })
  },
)

test.each(everywhere)(
  'in $overlay, $service knows every setting that is meant for it alone',
  async ({ overlay, service }) => {
    const known = Object.keys((await settingsOf(`apps/${service}`)).shape)
    const manifests = render(overlay)
    const own = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(`gatehouse-${service}-`),
    )
    const forNode = ['UV_THREADPOOL_SIZE']
    expect(
      Object.keys(own?.data ?? {}).filter((name) => !known.includes(name) && !forNode.includes(name)),
    ).toEqual([])
  },
)

test.each(overlays)('in %s the provisioner is given every setting that it needs', async (overlay) => {
  const result = parseSettings(await settingsOf('infra/nats'), environment(overlay, 'provisioner'))
  expect(result).toMatchObject({ settings: { STREAM_REPLICAS: overlay === 'local' ? 1 : 3 } })
})

test.each(serviceNames)(
  '%s connects to its own database as the role that owns nothing, and migrates it as the owner',
  (service) => {
    const manifests = render('production')
    const name = service.replaceAll('-', '_')
    const url = new URL(environment('production', service)['DATABASE_URL'] ?? '')
    expect(url).toMatchObject({
      username: `${name}_app`,
      pathname: `/gatehouse_${name}`,
      search: '?sslmode=verify-full',
    })
    const [migration] = theOne(manifests, 'Job', `gatehouse-migration-${service}`).spec.template.spec
      .containers
    const asOwner = new URL(environmentOf(manifests, migration, secret)['DATABASE_OWNER_URL'] ?? '')
    expect(asOwner).toMatchObject({
      username: `${name}_owner`,
      pathname: url.pathname,
      host: url.host,
      search: url.search,
    })
  },
)

test.each(overlays)(
  'in %s what makes the first administrator is given every setting and the file',
  async (overlay) => {
    const { BootstrapSettings } = await import(join(root, 'apps/auth/src/config.ts'))
    const manifests = render(overlay)
    const { containers, volumes } = theOne(manifests, 'Job', 'gatehouse-bootstrap-auth').spec.template.spec
    const [{ args, volumeMounts }] = containers
    const settings = parseSettings(BootstrapSettings, environmentOf(manifests, containers[0], secret))
    expect(settings).toMatchObject({ settings: { DIRECTORY_URL: 'http://gatehouse-directory' } })
    expect(volumes).toContainEqual({ name: 'bootstrap', secret: { secretName: 'gatehouse-bootstrap-auth' } })
    const { mountPath } = volumeMounts.find(({ name }: { name: string }) => name === 'bootstrap')
    expect(args).toEqual(['/app/dist/commands.js', 'bootstrap', `${mountPath}/bootstrap.json`])
  },
)

test('the file that auth begins with names the services, each with the secret that it has and what it may ask', async () => {
  const kept = (key: string, property: string) => random[property] ?? `${key}-${property}`.padEnd(32, '.')
  const manifests = render('production')
  const file = secretData(theOne(manifests, 'ExternalSecret', 'gatehouse-bootstrap-auth'), kept)[
    'bootstrap.json'
  ]
  const { administrator, serviceAccounts } = JSON.parse(file ?? '')
  expect(administrator).toMatchObject({ email: 'admin@example.com' })
  const secretOf = (service: ServiceName) =>
    secretData(theOne(manifests, 'ExternalSecret', `gatehouse-${service}`), kept)['SERVICE_SECRET']
  expect(serviceAccounts).toEqual(
    serviceNames.map((name) => ({ name, secret: secretOf(name), permissions: grants[name] })),
  )
})
