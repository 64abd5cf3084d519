import { connect } from '@gatehouse/db/connect'
import { purge } from '@gatehouse/db/purge'
import { readInPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, inject, test } from 'vitest'
import { dataMap } from '../data-map.ts'
import { sessionHarness } from './harness.ts'

const auth = await sessionHarness()
const { app, enter, signIn, refresh, inAuth } = auth

/** How often each table was read from its beginning to its end, by all connections that have told of it. */
const readsOfAll = async () => {
  const rows = await readInPlatform(auth.db, (tx) =>
    tx.execute<{ name: string; reads: number }>(sql`
      select relname as name, seq_scan::int as reads from pg_stat_user_tables
      where relname in ('sessions', 'refresh_tokens') order by relname`),
  )
  return Object.fromEntries(rows.map(({ name, reads }) => [name, reads]))
}

/** A connection tells of what it has done at the end of a transaction, if the last time was a second ago. */
const told = () => inAuth(sql`select pg_stat_force_next_flush()`)

/** As autovacuum does some time after: from then on plans are made for so many rows. */
async function learnHowManyThereAre() {
  const [row] = await auth.db.orm.execute<{ name: string }>(sql`select current_database() as name`)
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${row?.name}` }).href
  const superuser = connect({ url, poolSize: 1, applicationName: 'test' })
  await superuser.orm.execute(sql`vacuum analyze sessions`)
  await superuser.orm.execute(sql`vacuum analyze refresh_tokens`)
  await superuser.close()
}

test('among fifty thousand sessions nothing that a person does reads through all of them', async () => {
  const who = await enter()
  const { refreshToken, headers, sessionId } = await signIn(who)
  await inAuth(sql`insert into sessions (id, tenant_id, user_id, expires_at)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() + random() * interval '30 d' from generate_series(1, 50000)`)
  await inAuth(sql`insert into refresh_tokens (digest, tenant_id, session_id, expires_at, used_at)
    select sha256(id::text::bytea), tenant_id, id, now() + random() * interval '7 d', now() from sessions`)
  await learnHowManyThereAre()
  await told()
  const before = await readsOfAll()

  const { refreshToken: successor } = (await refresh(refreshToken)).json()
  expect((await refresh(refreshToken)).statusCode).toBe(200)
  expect((await refresh(successor)).statusCode).toBe(200)
  expect((await refresh(refreshToken)).statusCode).toBe(401)
  const list = await app.inject({ url: '/api/users/me/sessions?page=1', headers })
  expect(list.json()).toMatchObject({ data: [], total: 0 })
  await signIn(who)
  const end = (path: string) =>
    app.inject({ method: 'DELETE', url: `/api/users/me/sessions${path}`, headers })
  expect((await end(`/${sessionId}`)).statusCode).toBe(404)
  expect((await end('')).statusCode).toBe(204)
  await purge(auth.db, dataMap)

  // Each connection of the pool, so that none has anything left to tell.
  await Promise.all(Array.from({ length: 8 }, told))
  await Promise.all(Array.from({ length: 8 }, told))
  expect(await readsOfAll()).toEqual(before)
})
