import { join, resolve } from 'node:path'
import { argv, stdout } from 'node:process'
import { buildImage } from './build-image.ts'
import { images, root } from './images.ts'

// `pnpm build [folder]`: the content of every image, a folder each.
const [, , target = join(root, '.gatehouse/images')] = argv
for (const image of images) {
  const folder = join(resolve(target), image.name)
  await buildImage(image, folder)
  stdout.write(`${image.name}: ${folder}\n`)
}
