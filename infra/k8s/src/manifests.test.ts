import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseSettings } from '@gatehouse/config/load-settings'
import { serverSettings } from '@gatehouse/config/server-settings'
import { serviceNames } from '@gatehouse/contracts/events'
import { images } from '@gatehouse/docker/images'
import { drainDeadlineMs } from '@gatehouse/http/drain'
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { type Manifest, ofKind, overlays, podOf, render, theOne } from './harness.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../../..')

/** The packages that know the schemas of Kubernetes and of the custom resources. */
const models = [
  'kubernetes-models',
  '@kubernetes-models/gateway-api',
  '@kubernetes-models/cloudnative-pg',
  '@kubernetes-models/external-secrets',
  '@kubernetes-models/prometheus-operator',
]

const moduleOf = ({ apiVersion, kind }: Manifest) => {
  const files = models.map((name) =>
    join(import.meta.dirname, '../node_modules', name, apiVersion, `${kind}.js`),
  )
  const file = files.find(existsSync)
  if (file === undefined) throw new Error(`Nobody knows the schema of ${kind} in ${apiVersion}.`)
  return file
}

test.each(overlays)('every manifest of %s is what its schema says, custom resources too', async (overlay) => {
  for (const manifest of render(overlay)) {
    const Model = (await import(moduleOf(manifest)))[manifest.kind]
    expect(() => new Model(manifest).validate(), `${manifest.kind} ${manifest.metadata.name}`).not.toThrow()
  }
})

test('no manifest has a field that its schema does not know', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-manifests-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  // The schemas let pass what they do not know; their types do not.
  const typed = (manifest: Manifest) =>
    `({...}) satisfies import('${moduleOf(manifest)}').I${manifest.kind}`.replace(
      '{...}',
      JSON.stringify(manifest),
    )
  const file = join(folder, 'manifests.ts')
  await writeFile(file, `${overlays.flatMap(render).map(typed).join('\n')}\nexport {}\n`)
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', '']
  const { stdout } = await execute(join(root, 'node_modules/.bin/tsc'), [...options, file]).catch(
    (error) => error,
  )
  expect(stdout).toBe('')
})

const podsOf = (overlay: (typeof overlays)[number]) =>
  render(overlay).flatMap((manifest) => {
    const template = podOf(manifest)
    return template ? [{ name: `${manifest.kind} ${manifest.metadata.name}`, spec: template.spec }] : []
  })

test.each(overlays)(
  'every pod of %s is held to the restricted standard, and has no token of the cluster',
  (overlay) => {
    const namespace = theOne(render(overlay), 'Namespace', 'gatehouse')
    expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const pods = podsOf(overlay)
    expect(pods.length).toBeGreaterThanOrEqual(9)
    for (const { name, spec } of pods) {
      expect(spec, name).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      })
      for (const container of spec.containers) {
        expect(container, name).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          },
        })
      }
    }
  },
)

test.each(overlays)('every image of %s has a version, and none of them is `latest`', (overlay) => {
  const images = podsOf(overlay).flatMap(({ spec }) =>
    spec.containers.map(({ image }: { image: string }) => image),
  )
  images.push(theOne(render(overlay), 'Cluster', 'gatehouse-postgres').spec.imageName)
  for (const image of images) expect(image).toMatch(/^[\w.\-/]+:v?\d+(\.\d+)+[\w.-]*$/)
})

test('what a container runs is a program of its image', () => {
  const programs = podsOf('production').flatMap(({ spec }) => spec.containers)
  for (const { image, args = ['/app/dist/main.js'] } of programs) {
    const built = images.find(({ name }) => image.includes(`gatehouse/${name}:`))
    expect(Object.keys(built?.entries ?? {}).map((entry) => `/app/dist/${entry}.js`)).toContain(args[0])
  }
})

const seconds = (name: string, value: string | undefined) => {
  const result = parseSettings(z.object({ DRAIN_GRACE: serverSettings.DRAIN_GRACE }), { [name]: value })
  return 'settings' in result ? result.settings.DRAIN_GRACE / 1000 : Number.NaN
}

test.each(serviceNames)(
  '%s is given the time that it takes to end in good order, and is asked whether it is live and ready',
  (service) => {
    const manifests = render('production')
    const { spec } = theOne(manifests, 'Deployment', `gatehouse-${service}`).spec.template
    const [{ lifecycle, livenessProbe, readinessProbe, startupProbe }] = spec.containers
    const platform = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('gatehouse-platform'),
    )
    const drain = drainDeadlineMs / 1000
    expect(seconds('DRAIN_GRACE', platform?.data['DRAIN_GRACE'])).toBeLessThan(drain / 2)
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(lifecycle.preStop.sleep.seconds + drain)
    // Who is not ready gets nothing new before SIGTERM comes.
    expect(lifecycle.preStop.sleep.seconds).toBeGreaterThan(readinessProbe.periodSeconds)
    const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)
    expect(paths).toEqual(['/health', '/health', '/ready'])
  },
)

test.each(serviceNames)('%s grows, is spread, and is never taken away all at once', (service) => {
  const manifests = render('production')
  const name = `gatehouse-${service}`
  const pod = { matchLabels: { 'app.kubernetes.io/component': 'service', 'app.kubernetes.io/name': service } }
  const { strategy, selector, template } = theOne(manifests, 'Deployment', name).spec
  expect({ strategy, selector }).toMatchObject({
    strategy: { rollingUpdate: { maxUnavailable: 0 } },
    selector: pod,
  })
  expect(template.spec.topologySpreadConstraints).toMatchObject([
    { topologyKey: 'topology.kubernetes.io/zone', labelSelector: pod },
    { topologyKey: 'kubernetes.io/hostname', labelSelector: pod },
  ])
  const { scaleTargetRef, minReplicas } = theOne(manifests, 'HorizontalPodAutoscaler', name).spec
  expect({ scaleTargetRef, minReplicas }).toMatchObject({
    scaleTargetRef: { kind: 'Deployment', name },
    minReplicas: 2,
  })
  expect(theOne(manifests, 'PodDisruptionBudget', name).spec).toMatchObject({
    maxUnavailable: 1,
    selector: pod,
  })
  expect(theOne(manifests, 'Service', name).spec.selector).toEqual(pod.matchLabels)
  // A migration's pod has the service's name, but is nobody to send requests to.
  const job = theOne(manifests, 'Job', `gatehouse-migration-${service}`).spec.template.metadata.labels
  expect(job).toMatchObject({ 'app.kubernetes.io/component': 'migration', 'app.kubernetes.io/name': service })
})

test.each(overlays)(
  'in %s all replicas that there can be have their connections to PostgreSQL',
  (overlay) => {
    const manifests = render(overlay)
    const replicas = Object.values(ofKind(manifests, 'HorizontalPodAutoscaler')).map(
      ({ spec }) => spec.maxReplicas,
    )
    // One more while a release comes; a pool of 8 each, and a few beside it for what waits on locks; migrations, and the operator's own.
    const connections = replicas.reduce((sum, count) => sum + (count + 1) * (8 + 2), 0) + 20
    const { parameters } = theOne(manifests, 'Cluster', 'gatehouse-postgres').spec.postgresql
    expect(Number(parameters.max_connections)).toBeGreaterThanOrEqual(connections)
  },
)

test('each service has its database, and two roles that come into no other', () => {
  const manifests = render('production')
  const { postgresql, managed } = theOne(manifests, 'Cluster', 'gatehouse-postgres').spec
  const names = serviceNames.map((service) => ({ service, name: service.replaceAll('-', '_') }))
  expect(postgresql.pg_hba).toEqual([
    ...names.map(({ name }) => `hostssl gatehouse_${name} ${name}_app,${name}_owner all scram-sha-256`),
    'host all all all reject',
  ])
  expect(managed.roles).toEqual(
    names.flatMap(({ service, name }) => [
      { name: `${name}_owner`, login: true, passwordSecret: { name: `gatehouse-owner-${service}` } },
      { name: `${name}_app`, login: true, passwordSecret: { name: `gatehouse-app-${service}` } },
    ]),
  )
  for (const { service, name } of names) {
    expect(theOne(manifests, 'Database', `gatehouse-${service}`).spec).toMatchObject({
      name: `gatehouse_${name}`,
      owner: `${name}_owner`,
      cluster: { name: 'gatehouse-postgres' },
    })
    for (const kind of ['app', 'owner']) theOne(manifests, 'ExternalSecret', `gatehouse-${kind}-${service}`)
  }
})
