import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serviceNames } from '@gatehouse/contracts/events'
import { findNatsServer } from '@gatehouse/local/nats/server'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { render, theOne } from './harness.ts'

const execute = promisify(execFile)
const values = parse(await readFile(join(import.meta.dirname, '../nats-values.yaml'), 'utf8'))

/** As the chart writes the server's file: JSON, in which `<< >>` takes the quotes away and `$include` becomes a line. */
const written = (config: object) =>
  JSON.stringify(config, null, 2)
    .replaceAll(/"<<\s*(.*?)\s*>>"/g, '$1')
    .replaceAll(/"\d*\$include": "(.*)",?/g, "include '$1'")

test('three servers keep every message, and what they acknowledged survives a power cut', () => {
  const { cluster, jetstream } = values.config
  expect(cluster).toMatchObject({ enabled: true, replicas: 3 })
  expect(jetstream).toMatchObject({ enabled: true, merge: { sync_interval: 'always' } })
  const provisioner = render('production').find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('gatehouse-provisioner'),
  )
  expect(provisioner?.data['STREAM_REPLICAS']).toBe(`${cluster.replicas}`)
  // Three more streams take a quarter each of what IDENTITY may.
  const streamsMiB = Number(provisioner?.data['STREAM_MAX_MIB']) * 1.75
  expect(streamsMiB).toBeLessThan(Number.parseInt(jetstream.fileStore.maxSize, 10) * 1000)
  expect(Number.parseInt(jetstream.fileStore.maxSize, 10)).toBeLessThanOrEqual(
    Number.parseInt(jetstream.fileStore.pvc.size, 10) / 2,
  )
})

test('a user for each service with its own password and permissions, in a file that the server takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-values-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { jetstream, merge } = values.config
  const users = [...serviceNames, 'provisioner'].map((user) => {
    const name = user.replaceAll('-', '_').toUpperCase()
    return { user, password: `<< $NATS_${name}_PASSWORD >>`, permissions: `<< $${name}_PERMISSIONS >>` }
  })
  expect(merge.accounts.GATEHOUSE.users).toEqual(expect.arrayContaining(users))
  expect(merge.accounts.GATEHOUSE.users).toHaveLength(users.length)

  const manifests = render('production')
  await mkdir(join(folder, 'nats-permissions'))
  await mkdir(join(folder, 'nats-config'))
  const permissions = theOne(manifests, 'ConfigMap', 'nats-permissions').data['permissions.conf'] ?? ''
  await writeFile(join(folder, 'nats-permissions/permissions.conf'), permissions)
  const file = join(folder, 'nats-config/nats.conf')
  const jetstreamConfig = {
    store_dir: folder,
    max_file_store: `<< ${jetstream.fileStore.maxSize} >>`,
    ...jetstream.merge,
  }
  await writeFile(file, written({ ...merge, jetstream: jetstreamConfig }))

  const kept = theOne(manifests, 'ExternalSecret', 'nats-passwords').spec.data
  const keys = kept.map(({ secretKey }: { secretKey: string }) => secretKey)
  const env = Object.entries(values.container.env).map(([name, from]) => {
    const { key, name: secret } = (from as { valueFrom: { secretKeyRef: { key: string; name: string } } })
      .valueFrom.secretKeyRef
    expect({ secret, keys }).toEqual({ secret: 'nats-passwords', keys: expect.arrayContaining([key]) })
    return [name, 'password']
  })
  const { stderr } = await execute(await findNatsServer(), ['-t', '-c', file], {
    env: Object.fromEntries(env),
  })
  expect(stderr).toContain('is valid')
})
