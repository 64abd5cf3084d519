import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { type OutputChunk, type Plugin, rolldown } from 'rolldown'
import { type Image, root } from './images.ts'
import { writeSbom } from './sbom.ts'

export interface Built {
  /** The packages of others that are inside, as `name@version`. */
  readonly packages: readonly string[]
}

/**
 * Turns the sources of an image into the folder that it is made of: JavaScript in a few files that hold all that they
 * import, what is native code beside them, and `sbom.cdx.json`, which lists what others have written of it (CycloneDX).
 * Nothing of the workspace is needed to run it.
 */
export const buildImage = async (image: Image, folder: string): Promise<Built> => {
  const bundle = await rolldown({
    input: image.entries,
    cwd: root,
    platform: 'node',
    external: Object.keys(native),
    plugins: [threads],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`${image.name}: ${log.message}`)
    },
  })
  await rm(folder, { recursive: true, force: true })
  // All of them side by side, so that what a program looks for relative to itself is where it is in the workspace.
  const { output } = await bundle.write({
    dir: join(folder, 'dist'),
    chunkFileNames: '[name]-[hash].js',
    // One character beyond ISO 8859-1 in a file has V8 keep all of it in two bytes a character, for as long as it runs.
    charset: 'ascii',
    comments: { legal: true, jsdoc: false, annotation: false },
  })
  const chunks = output.filter((file) => file.type === 'chunk')
  const kept = await copyNative(chunks, folder)
  const migrations = join(root, image.folder, 'migrations')
  if (existsSync(migrations)) await cp(migrations, join(folder, 'migrations'), { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n')
  await writeSbom(image, join(folder, 'sbom.cdx.json'))
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => id.includes('/node_modules/'))
  const found = await Promise.all([...new Set(modules.map(packageFolderOf)), ...kept].map(nameOf))
  return { packages: [...new Set(found)].toSorted() }
}

/** What holds machine code, which no bundler can carry, and the files of it that a Linux machine needs. */
const native: Readonly<Record<string, readonly string[]>> = {
  bcrypt: ['package.json', 'bcrypt.js', 'promises.js', 'prebuilds/linux-x64', 'prebuilds/linux-arm64'],
  'node-gyp-build': ['package.json', 'index.js', 'node-gyp-build.js'],
}

/** Gives the folders that the native packages were copied from. */
const copyNative = async (chunks: readonly OutputChunk[], folder: string) => {
  const from: string[] = []
  const copy = async (name: string, importer: string) => {
    const source = dirname(createRequire(importer).resolve(`${name}/package.json`))
    from.push(source)
    for (const file of native[name] ?? []) {
      const target = join(folder, 'node_modules', name, file)
      await mkdir(dirname(target), { recursive: true })
      await cp(join(source, file), target, { recursive: true })
    }
    const { dependencies = {} } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
    for (const other of Object.keys(dependencies))
      if (other in native) await copy(other, join(source, 'package.json'))
  }
  const users = chunks.filter(({ imports }) => imports.some((name) => name in native))
  for (const { imports, moduleIds } of users) {
    for (const name of imports) if (name in native) await copy(name, moduleIds.at(-1) ?? '')
  }
  return from
}

/** A worker thread's file becomes one of the bundle's, under whose name its thread is then started. */
const threads: Plugin = {
  name: 'threads',
  transform: {
    filter: { code: 'new Worker(' },
    handler(code, importer) {
      return code.replaceAll(/new URL\('(\.\/[\w-]+\.ts)', import\.meta\.url\)/g, (_, path: string) => {
        const file = this.emitFile({ type: 'chunk', id: resolve(dirname(importer), path) })
        return `new URL(import.meta.ROLLUP_FILE_URL_${file})`
      })
    },
  },
}

const packageFolderOf = (module: string) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module

const nameOf = async (folder: string) => {
  const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return `${name}@${version}`
}
