import { personalDataOf } from '@gatehouse/db/personal-data'
import { sql } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { users } from '../tables.ts'

/** Invites to the address of somebody are theirs, before they accept them too. */
export const personalData = personalDataOf(dataMap, {
  invites: (id) => sql`t.email = (select u.email from ${users} u where u.id = ${id})`,
})
