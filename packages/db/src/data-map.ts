/** How what is personal goes when the data subject is erased. */
export type Erasure =
  | 'deleted'
  /** The row stays, without what is personal. */
  | 'blanked'
  /** It is sealed under a key of the data subject, which is destroyed. */
  | 'key destroyed'
  /** It goes by itself when the retention is over. */
  | 'expires'

interface PersonalTable {
  /** What it is kept for (GDPR Art. 5(1)(b)). */
  readonly purpose: string
  /** For how long, while nobody asks for its erasure (Art. 5(1)(e)). */
  readonly retention: string
  readonly erasure: Erasure
  /** The columns that hold the id of the data subject; none where it can't be told from the row alone. */
  readonly subject: readonly string[]
  /** The columns that say something of the data subject. An export shows these, and no other. */
  readonly personal: readonly string[]
  /** Of columns that hold an id, the table whose `name` an export shows beside it. */
  readonly named?: Readonly<Record<string, string>>
  /** Of what is blanked, the SQL that stands in the place of each column: all that are personal, or those of the subject. */
  readonly blanks?: Readonly<Record<string, string>>
}

/** What each column of a table is; each is in one class, or in `subject`. */
export interface TableData extends Partial<PersonalTable> {
  /** The rows go by themselves so many days after the time in this column, of which there is an index. */
  readonly expires?: { readonly after: string; readonly days: number }
  /** Passwords, keys, tokens and their digests: never shown to anybody. */
  readonly secret?: readonly string[]
  /** What says nothing of a person. */
  readonly technical?: readonly string[]
}

/**
 * The record of what a service holds on people (GDPR Art. 30), by its tables. Declared beside these; a table that holds
 * nothing of people has no purpose to be stated.
 */
export type DataMap = Readonly<Record<string, TableData & (PersonalTable | { readonly personal?: never })>>

/** Of `idempotency.ts`. */
export const idempotencyData = {
  idempotency_keys: {
    purpose: 'Doing once what a client asks for twice.',
    retention: '24 hours',
    erasure: 'deleted',
    subject: ['actor_id'],
    personal: ['result'],
    secret: ['digest', 'body_digest'],
    technical: ['created_at'],
    expires: { after: 'created_at', days: 1 },
  },
} as const satisfies DataMap

/** Of `erasures.ts`. */
export const erasureData = { technical: ['user_id', 'erased', 'erased_at'] } as const satisfies TableData

/** The data map as a table of Markdown: what is personal, and what of it is whose, for what and how long. */
export function dataMapTable(map: DataMap): string {
  const rows = Object.entries(map).flatMap(([table, data]) =>
    data.personal === undefined
      ? []
      : [
          [
            `\`${table}\``,
            data.personal.map((column) => `\`${column}\``).join(', '),
            data.subject.map((column) => `\`${column}\``).join(', ') || '–',
            data.purpose,
            data.retention,
            data.erasure,
          ],
        ],
  )
  const head = ['table', 'what is personal', 'data subject', 'purpose', 'retention', 'erasure']
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? title.length)),
  )
  const line = (cells: readonly string[], filler = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(' | ')} |`
  const rule = line(
    head.map(() => ''),
    '-',
  )
  return [line(head), rule, ...rows.map((cells) => line(cells))].join('\n')
}
