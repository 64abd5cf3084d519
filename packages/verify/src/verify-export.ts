import { parseExportHeader } from '@gatehouse/ledger/export'
import type { VerifierKey } from '@gatehouse/ledger/signed-note'
import { ExportWalk } from './export-walk.ts'
import { judge } from './judge.ts'
import { isOpened, type KeptCheckpoint, openNamed } from './named-checkpoint.ts'
import { nothingRead, type Report } from './report.ts'

/** What an export is held against. It comes from elsewhere than the export. */
export interface Trusted {
  readonly keys: readonly VerifierKey[]
  readonly checkpoints?: readonly KeptCheckpoint[]
}

/**
 * Says whether an export is what the ledger held, whole and in order, and if not which entry is the first that isn't. Holds
 * no more of it than a line at a time.
 * @param lines of the export, without their line feeds
 * @throws what reading the lines throws
 */
export async function verifyExport(
  lines: Iterable<string> | AsyncIterable<string>,
  { keys, checkpoints = [] }: Trusted,
): Promise<Report> {
  const kept = checkpoints.map((checkpoint) => openNamed(checkpoint, keys))
  let opened: ReturnType<typeof open> | undefined
  let unreadable: string | undefined
  let number = 0
  for await (const line of lines) {
    number += 1
    try {
      if (opened) opened.walk.read(line)
      else opened = open(line)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      unreadable = `Line ${number} can't be read: ${error.message}.`
      break
    }
  }
  if (!opened) return nothingRead(unreadable ?? 'There is nothing in the export.')
  const { header, own, walk } = opened
  return judge({ tenantId: header.tenantId, own, kept, walked: walk.end(), unreadable })

  function open(line: string) {
    const header = parseExportHeader(line)
    const own = openNamed({ name: "the export's own checkpoint", note: header.checkpoint }, keys)
    const sizes = [own, ...kept].filter(isOpened).map(({ size }) => size)
    return { header, own, walk: new ExportWalk(header, sizes) }
  }
}
