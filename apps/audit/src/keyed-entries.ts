import type { Tx } from '@gatehouse/db/tenant'
import { eq, getTableColumns } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { subjectKeys } from './privacy-tables.ts'
import { entries } from './tables.ts'

const originKeys = alias(subjectKeys, 'origin_keys')
const detailsKeys = alias(subjectKeys, 'details_keys')

/** Entries, each with the sealed keys of what is personal of it. */
export const keyedEntries = (tx: Tx) =>
  tx
    .select({
      ...getTableColumns(entries),
      originKey: originKeys.sealedKey,
      detailsKey: detailsKeys.sealedKey,
    })
    .from(entries)
    .leftJoin(originKeys, eq(originKeys.subjectId, entries.originSubject))
    .leftJoin(detailsKeys, eq(detailsKeys.subjectId, entries.detailsSubject))
