import type { ConsentType, PublishConsentText } from '@gatehouse/contracts/consent-texts'
import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, lt, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { consents, consentTexts } from '../privacy-tables.ts'
import { tenants, users } from '../tables.ts'

export type Text = typeof consentTexts.$inferSelect
export type Decision = typeof consents.$inferSelect

interface Part<Key> {
  readonly limit: number
  readonly after: Key | undefined
  readonly offset: number
}

/** A person's decisions come one after the other. False if they are not a member. */
export async function lockPerson(tx: Tx, userId: string) {
  const rows = await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('no key update')
  return rows.length === 1
}

/** The versions of a tenant's texts come one after the other. False if there is no such tenant. */
export async function lockTenant(tx: Tx, tenantId: string) {
  const rows = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
    .for('no key update')
  return rows.length === 1
}

const lastTexts = prepared((orm) =>
  orm
    .selectDistinctOn([consentTexts.consentType])
    .from(consentTexts)
    .where(eq(consentTexts.tenantId, sql.placeholder('tenantId')))
    .orderBy(desc(consentTexts.consentType), desc(consentTexts.version))
    .prepare('consent_texts_in_force'),
)

/** The last version of each type's text. */
export const textsInForce = (tx: Tx, tenantId: string): Promise<Text[]> => lastTexts(tx).execute({ tenantId })

export async function textInForce(tx: Tx, tenantId: string, type: ConsentType): Promise<Text | undefined> {
  const [text] = await tx
    .select()
    .from(consentTexts)
    .where(and(eq(consentTexts.tenantId, tenantId), eq(consentTexts.consentType, type)))
    .orderBy(desc(consentTexts.version))
    .limit(1)
  return text
}

export async function insertText(tx: Tx, text: typeof consentTexts.$inferInsert): Promise<Text> {
  const [row] = await tx.insert(consentTexts).values(text).returning()
  if (!row) throw new Error('an insert gave no row')
  return row
}

type TextFilter = { tenantId: string; type: PublishConsentText['consentType'] | undefined }

const amongTexts = ({ tenantId, type }: TextFilter) =>
  and(
    eq(consentTexts.tenantId, tenantId),
    type === undefined ? undefined : eq(consentTexts.consentType, type),
  )

/** Newest first. */
export const pageOfTexts = (tx: Tx, filter: TextFilter, { limit, after, offset }: Part<string>) =>
  tx
    .select()
    .from(consentTexts)
    .where(and(amongTexts(filter), after === undefined ? undefined : lt(consentTexts.id, after)))
    .orderBy(desc(consentTexts.id))
    .limit(limit)
    .offset(offset)

export const totalOfTexts = (tx: Tx, filter: TextFilter) => totalOf(tx, consentTexts, amongTexts(filter))

const lastDecisions = prepared((orm) =>
  orm
    .selectDistinctOn([consents.consentType])
    .from(consents)
    .where(ofPerson(sql.placeholder('tenantId'), sql.placeholder('userId')))
    .orderBy(desc(consents.consentType), desc(consents.position))
    .prepare('consents_in_force'),
)

/** Where a person stands: the last of their decisions on each type. */
export const lastOfEach = (tx: Tx, tenantId: string, userId: string): Promise<Decision[]> =>
  lastDecisions(tx).execute({ tenantId, userId })

export async function insertDecision(
  tx: Tx,
  decision: Omit<typeof consents.$inferInsert, 'position'>,
): Promise<Decision> {
  const [row] = await tx.insert(consents).values(decision).returning()
  if (!row) throw new Error('an insert gave no row')
  return row
}

type Whose = { tenantId: string; userId: string }

/** Newest first. */
export const history = (tx: Tx, { tenantId, userId }: Whose, { limit, after, offset }: Part<number>) =>
  tx
    .select()
    .from(consents)
    .where(and(ofPerson(tenantId, userId), after === undefined ? undefined : lt(consents.position, after)))
    .orderBy(desc(consents.position))
    .limit(limit)
    .offset(offset)

export const totalOfHistory = (tx: Tx, { tenantId, userId }: Whose) =>
  totalOf(tx, consents, ofPerson(tenantId, userId))

const ofPerson = (tenantId: string | Placeholder, userId: string | Placeholder) =>
  and(eq(consents.tenantId, tenantId), eq(consents.userId, userId))

async function totalOf(tx: Tx, table: typeof consents | typeof consentTexts, where: SQL | undefined) {
  const [row] = await tx.select({ total: count() }).from(table).where(where)
  return row?.total ?? 0
}
