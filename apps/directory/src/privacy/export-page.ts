import type { PersonalDataExport } from './export-personal-data.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;border-top:1px solid #ccc;padding:.6rem 0;margin:0}
dt{color:#666}dd{margin:0;overflow-wrap:anywhere}`

/** An export as one page for people to read, without anything that it would have to fetch. */
export async function* exportPage({ userId, exportedAt, holdings }: PersonalDataExport) {
  yield `<!doctype html><html lang="en"><meta charset="utf-8"><title>Your personal data</title><style>${style}</style>
<h1>Your personal data</h1><p>All that is held on you (${escaped(userId)}) at ${exportedAt.toISOString()}.</p>\n`
  for (const { service, records } of holdings) {
    yield `<h2>${escaped(service)}</h2>\n`
    let open: string | undefined
    for await (const part of records()) {
      let text = ''
      for (const { table, record } of part) {
        if (table !== open) text += `<h3>${escaped(table.replaceAll('_', ' '))}</h3>\n`
        open = table
        const fields = Object.entries(record).filter(([, value]) => value !== null)
        text += `<dl>${fields.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${shown(value)}</dd>`).join('')}</dl>\n`
      }
      yield text
    }
  }
  yield '</html>\n'
}

const shown = (value: unknown) => escaped(typeof value === 'string' ? value : JSON.stringify(value))

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
