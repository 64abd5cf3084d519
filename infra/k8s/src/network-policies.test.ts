import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { expect, test } from 'vitest'
import { environmentOf, type Manifest, ofKind, overlays, podOf, render, theOne } from './harness.ts'

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly { key: string; operator: 'In'; values: readonly string[] }[]
}

const selects = (
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Readonly<Record<string, string>>,
) =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))

interface Pod {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const servers: readonly Pod[] = [
  { name: 'postgres', labels: { 'cnpg.io/cluster': 'gatehouse-postgres' } },
  { name: 'nats', labels: { 'app.kubernetes.io/name': 'nats' } },
]

/** The pods of an overlay by what they are: `auth`, `auth migration`, … and the two servers. */
const podsOf = (manifests: readonly Manifest[]): readonly Pod[] => [
  ...manifests.flatMap((manifest) => {
    const labels = podOf(manifest)?.metadata.labels
    if (labels === undefined) return []
    const { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': component } = labels
    return [
      {
        name: component === 'migration' || component === 'bootstrap' ? `${name} ${component}` : name,
        labels,
      },
    ]
  }),
  ...servers,
]

interface Peer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
  readonly ipBlock?: { readonly cidr: string }
}

const policiesFor = (manifests: readonly Manifest[], { labels }: Pod, direction: 'Ingress' | 'Egress') =>
  Object.values(ofKind(manifests, 'NetworkPolicy'))
    .map(({ spec }) => spec)
    .filter(({ podSelector, policyTypes }) => policyTypes.includes(direction) && selects(podSelector, labels))

/** The pods of the platform that one may speak to, and those that it hears, by what their own policies say. */
const allowed = (manifests: readonly Manifest[], pod: Pod, direction: 'Ingress' | 'Egress') => {
  const rules = policiesFor(manifests, pod, direction).flatMap((spec) => spec[direction.toLowerCase()] ?? [])
  const peers: Peer[] = rules.flatMap((rule) => (direction === 'Ingress' ? rule.from : rule.to) ?? [])
  const named = peers.filter(({ podSelector, namespaceSelector }) => podSelector && !namespaceSelector)
  return podsOf(manifests).filter(({ labels }) =>
    named.some(({ podSelector = {} }) => selects(podSelector, labels)),
  )
}

/** Who asks whom, by the settings that each is given: an address of a service of ours in one of them is an arrow. */
const askedBy = (manifests: readonly Manifest[], { spec }: Manifest): readonly string[] => {
  const env = environmentOf(manifests, spec.template.spec.containers[0], () => 'secret')
  const hosts = Object.values(env).map((value) => URL.parse(value)?.hostname)
  const names = serviceNames.filter((service) => hosts.includes(`gatehouse-${service}`))
  if (hosts.includes('gatehouse-postgres-rw'))
    return [...names, 'postgres', ...(hosts.includes('nats') ? ['nats'] : [])]
  return [...names, ...(hosts.includes('nats') ? ['nats'] : [])]
}

const arrows = (manifests: readonly Manifest[]) =>
  manifests
    .filter((manifest) => podOf(manifest) && manifest.metadata.name.startsWith('gatehouse-'))
    .flatMap((manifest) => {
      const [pod] = podsOf([manifest])
      return askedBy(manifests, manifest).map((to) => `${pod?.name} → ${to}`)
    })
    .toSorted()

/** The catcher of mail is the one pod of an overlay that is in no setting: its address is in a secret. */
const isOfPlatform = (arrow: string) => !/mail-catcher|postgres → postgres|nats → nats/.test(arrow)

test.each(overlays)(
  'in %s the policies let through what the settings say and nothing else, at both ends',
  (overlay) => {
    const manifests = render(overlay)
    const pods = podsOf(manifests)
    const out = pods.flatMap((pod) =>
      allowed(manifests, pod, 'Egress').map((to) => `${pod.name} → ${to.name}`),
    )
    const into = pods.flatMap((pod) =>
      allowed(manifests, pod, 'Ingress').map((from) => `${from.name} → ${pod.name}`),
    )
    const expected = arrows(manifests)
    expect(expected).toEqual(
      expect.arrayContaining(['auth → directory', 'partner-gateway → auth', 'auth → nats']),
    )
    expect(out.filter(isOfPlatform).toSorted()).toEqual(expected)
    expect(into.filter(isOfPlatform).toSorted()).toEqual(expected)
  },
)

test.each(overlays)('in %s whoever no policy names hears nobody and speaks to nobody', (overlay) => {
  const deny = theOne(render(overlay), 'NetworkPolicy', 'default-deny').spec
  expect(deny).toMatchObject({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
  expect(deny.ingress).toBeUndefined()
  expect(deny.egress).toHaveLength(1)
  expect(deny.egress[0].ports).toEqual([
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ])
})

test('from outside the platform only the gateway and the monitoring reach a service, and only two of them reach out', () => {
  const manifests = render('production')
  const outside = (service: ServiceName, direction: 'Ingress' | 'Egress') => {
    const pod = podsOf(manifests).find(({ name }) => name === service) as Pod
    const rules = policiesFor(manifests, pod, direction).flatMap(
      (spec) => spec[direction.toLowerCase()] ?? [],
    )
    return rules
      .flatMap((rule) => rule.from ?? rule.to ?? [])
      .map(
        ({ namespaceSelector, ipBlock }: Peer) =>
          ipBlock?.cidr ?? Object.values(namespaceSelector?.matchLabels ?? {})[0],
      )
      .filter((each) => each !== undefined)
      .toSorted()
  }
  for (const service of serviceNames) {
    expect(outside(service, 'Ingress')).toEqual(['monitoring', 'true'])
    const reachesOut = service === 'auth' || service === 'directory'
    expect(outside(service, 'Egress')).toEqual([
      ...(reachesOut ? ['0.0.0.0/0'] : []),
      'kube-system',
      'monitoring',
    ])
  }
})
