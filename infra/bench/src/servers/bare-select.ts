import { once } from 'node:events'
import { connect } from '@gatehouse/db/connect'
import { prepared } from '@gatehouse/db/orm'
import { readInTenant } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { boolean, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { fastify } from 'fastify'

const people = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull(),
  emailVerified: boolean('email_verified').notNull(),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  status: text().notNull(),
  version: integer().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  lastLoginAt: timestamp('last_login_at', { withTimezone: true }),
})

const personById = prepared((orm) =>
  orm
    .select()
    .from(people)
    .where(eq(people.id, sql.placeholder('id')))
    .prepare('person_by_id'),
)

const [url] = (await once(process, 'message')) as [string]
const db = connect({ url, poolSize: 10, applicationName: 'bare' })
const app = fastify()
app.get<{ Params: { tenantId: string; id: string } }>('/:tenantId/:id', async ({ params }, reply) => {
  const [person] = await readInTenant(db, params.tenantId, (tx) => personById(tx).execute({ id: params.id }))
  return person ?? reply.code(404).send()
})
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
