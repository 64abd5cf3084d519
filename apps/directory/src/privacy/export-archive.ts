import { PassThrough, Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { holdingsJson } from './export-json.ts'
import { exportPage } from './export-page.ts'
import type { PersonalDataExport } from './export-personal-data.ts'

/**
 * An export as a ZIP archive, with a file for each service and a page to read, made as it is sent. It breaks off without
 * the directory at its end, which no archive is without, when a service can't be read to the end.
 */
export function exportArchive(exported: PersonalDataExport): Readable {
  const zip = new ZipFile()
  const archive = new PassThrough()
  let current: Readable | undefined
  const add = (name: string, content: () => AsyncGenerator<string>) => {
    const options = { mtime: exported.exportedAt }
    zip.addReadStreamLazy(name, options, (use) => {
      current = Readable.from(content())
      current.on('error', (error) => archive.destroy(error))
      use(null, current)
    })
  }
  add('index.html', () => exportPage(exported))
  for (const holdings of exported.holdings) add(`${holdings.service}.json`, () => holdingsJson(holdings))
  zip.on('error', (error: Error) => archive.destroy(error))
  // Whoever hangs up is read nothing more for.
  archive.on('close', () => current?.destroy())
  zip.outputStream.pipe(archive)
  zip.end()
  return archive
}
