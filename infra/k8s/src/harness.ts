import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

/** What the tests read of a manifest; its schema is checked in one of them. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Record<string, string>
  }
  // biome-ignore lint/suspicious/noExplicitAny: a different shape for each kind
  readonly spec: any
  readonly data: Readonly<Record<string, string>>
}

export const overlays = ['local', 'production'] as const

const folder = join(import.meta.dirname, '..')

const rendered = new Map<string, readonly Manifest[]>()

/** Everything that an overlay puts into a cluster, as `kubectl apply -k` would. */
export const render = (overlay: (typeof overlays)[number]): readonly Manifest[] => {
  const known = rendered.get(overlay)
  if (known) return known
  const yaml = execFileSync('kubectl', ['kustomize', join(folder, 'overlays', overlay)], { encoding: 'utf8' })
  const manifests = parseAllDocuments(yaml).map((document) => document.toJS())
  rendered.set(overlay, manifests)
  return manifests
}

/** Those of a kind, by name. */
export const ofKind = (manifests: readonly Manifest[], kind: string): Readonly<Record<string, Manifest>> =>
  Object.fromEntries(manifests.filter((each) => each.kind === kind).map((each) => [each.metadata.name, each]))

/** One of a kind. Throws when there is none of that name. */
export const theOne = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = ofKind(manifests, kind)[name]
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`)
  return found
}

interface Container {
  readonly name: string
  readonly image: string
  readonly env?: readonly {
    name: string
    value?: string
    valueFrom?: Partial<Record<'secretKeyRef' | 'configMapKeyRef', { name: string; key: string }>>
  }[]
  readonly envFrom?: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[]
}

/**
 * The environment that a container finds. What comes from a Secret is given by what makes it, an ExternalSecret, and has
 * the value that `secret` has for where it is in the store.
 */
export const environmentOf = (
  manifests: readonly Manifest[],
  container: Container,
  secret: (key: string, property: string) => string,
): Record<string, string> => {
  const env: Record<string, string> = {}
  const dataOf = (name: string) => secretData(theOne(manifests, 'ExternalSecret', name), secret)
  const configOf = (name: string) => theOne(manifests, 'ConfigMap', name).data
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) Object.assign(env, configOf(configMapRef.name))
    if (secretRef) Object.assign(env, dataOf(secretRef.name))
  }
  for (const { name, value = '', valueFrom = {} } of container.env ?? []) {
    const { secretKeyRef, configMapKeyRef } = valueFrom
    const given = secretKeyRef
      ? dataOf(secretKeyRef.name)[secretKeyRef.key]
      : configMapKeyRef
        ? configOf(configMapKeyRef.name)[configMapKeyRef.key]
        : value.replaceAll(/\$\((\w+)\)/g, (_, other) => env[other] ?? '')
    if (given === undefined) throw new Error(`${name} of ${container.name} comes from nowhere`)
    env[name] = given
  }
  return env
}

/** What External Secrets puts into the Secret: what is in the store, through the template if there is one. */
export const secretData = (
  { spec }: Manifest,
  secret: (key: string, property: string) => string,
): Record<string, string> => {
  const fetched: Record<string, string> = {}
  for (const { secretKey, remoteRef } of spec.data)
    fetched[secretKey] = secret(remoteRef.key, remoteRef.property)
  const template: Record<string, string> | undefined = spec.target?.template?.data
  if (template === undefined) return fetched
  const filled = (text: string) =>
    text.replaceAll(/\{\{ \.(\w+)( \| toJson)? \}\}/g, (_, name: string, json?: string) =>
      json ? JSON.stringify(fetched[name]) : (fetched[name] ?? ''),
    )
  return Object.fromEntries(Object.entries(template).map(([key, text]) => [key, filled(text)]))
}

/** The pods that a manifest makes, if it makes any. */
export const podOf = ({ kind, spec }: Manifest) =>
  kind === 'Deployment' || kind === 'Job' ? spec.template : undefined
