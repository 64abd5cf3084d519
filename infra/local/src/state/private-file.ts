import { rename, writeFile } from 'node:fs/promises'

/** Writes a value as JSON to a file that only this user can read, whole or not at all. */
export const writePrivate = async (file: string, value: unknown): Promise<void> => {
  const unfinished = `${file}.unfinished`
  await writeFile(unfinished, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, file)
}
