import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Image, root } from './images.ts'

const execute = promisify(execFile)

/** Has pnpm list every package that the image's sources depend on in production, with licence and hash (CycloneDX 1.6). */
export const writeSbom = async ({ folder }: Image, file: string): Promise<void> => {
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const { name } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
  const format = ['--sbom-format', 'cyclonedx', '--sbom-spec-version', '1.6', '--sbom-type', 'application']
  const command = ['-y', packageManager, '--filter', name, 'sbom', '--prod', ...format, '--out', file]
  await execute('npx', command, { cwd: root })
}
