import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes a folder for this process alone, until the returned function is called or the process is gone in whatever way:
 * SQLite's lock is the kernel's, so none is ever left over. Throws when another process has it.
 */
export const lockFolder = (folder: string): (() => void) => {
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
  try {
    lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    lock.close()
    throw new Error(`Another Gatehouse runs on ${folder}. Stop that one first.`, { cause })
  }
  return () => lock.close()
}
