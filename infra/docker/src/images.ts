import { globSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'

export const root = resolve(import.meta.dirname, '../../..')

export interface Image {
  /** The Dockerfile's target, and the last part of the image's name. */
  readonly name: string
  /** The workspace package whose dependencies go in. */
  readonly folder: string
  /** What can be run there: `main` and `commands` become `dist/main.js` and `dist/commands.js`. */
  readonly entries: Readonly<Record<string, string>>
}

const programs = '{main,commands}.ts'

const imageOf = (name: string, folder: string): Image => {
  const files = globSync(join(folder, 'src', programs), { cwd: root })
  return {
    name,
    folder,
    entries: Object.fromEntries(files.map((file) => [basename(file, '.ts'), join(root, file)])),
  }
}

/** Everything that is deployed as an image of ours. */
export const images: readonly Image[] = [
  ...serviceNames.map((service) => imageOf(service, join('apps', service))),
  imageOf('provisioner', 'infra/nats'),
]
