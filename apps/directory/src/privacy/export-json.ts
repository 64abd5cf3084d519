import type { Holdings, PersonalDataExport } from './export-personal-data.ts'

/** An export as the one JSON document that `PersonalData` of the contracts describes, as it is read. */
export async function* exportJson({ userId, exportedAt, holdings }: PersonalDataExport) {
  const head = { format: 'gatehouse-personal-data', version: 1, userId, exportedAt }
  yield `${JSON.stringify(head).slice(0, -1)},"services":{`
  let before = ''
  for (const one of holdings) {
    yield `${before}${JSON.stringify(one.service)}:`
    yield* holdingsJson(one)
    before = ','
  }
  yield '}}'
}

/** What one service holds: an object with an array for each table. */
export async function* holdingsJson({ records }: Holdings): AsyncGenerator<string> {
  let open: string | undefined
  yield '{'
  for await (const part of records()) {
    let text = ''
    for (const { table, record } of part) {
      if (table === open) text += ','
      else text += `${open === undefined ? '' : '],'}\n${JSON.stringify(table)}:[`
      open = table
      text += `\n${JSON.stringify(record)}`
    }
    yield text
  }
  yield open === undefined ? '}' : ']}'
}
