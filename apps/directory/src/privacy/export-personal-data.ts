import type { Origin } from '@gatehouse/contracts/origin'
import type { PersonalDataPart, PersonalRecord } from '@gatehouse/contracts/personal-data'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, readInPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import * as privacy from './repository.ts'
import type { OtherSources, Source } from './sources.ts'

export interface ExportDeps {
  readonly db: Database
  readonly otherSources: OtherSources
}

/** What a service holds on a person. It is read as it is asked for, and may be read again. */
export interface Holdings {
  readonly service: Source['service']
  /** In parts, the records of a table one after the other. @throws when the service is not there any more */
  records(): AsyncGenerator<readonly PersonalRecord[]>
}

/** Everything that is held on a person, of every service. */
export interface PersonalDataExport {
  readonly userId: string
  readonly exportedAt: Date
  readonly holdings: readonly Holdings[]
}

/**
 * Gathers what all services hold on the caller. Each has answered its first part when this returns, and that it was
 * asked for is recorded.
 * @throws Problem 401 `auth.sign_in_again`, 503 while a service is away
 */
export async function exportPersonalData(
  { db, otherSources }: ExportDeps,
  { principal, token, origin }: { principal: Principal; token: string; origin: Origin },
): Promise<PersonalDataExport> {
  const { id: userId, tenantId } = principal
  const own: Source = {
    service: 'directory',
    read: (cursor) => readInPlatform(db, (tx) => privacy.personalData(tx, userId, cursor)),
  }
  const sources = [own, ...(await otherSources(token, origin))]
  const holdings = await Promise.all(sources.map(async (source) => holdingsOf(source, await source.read())))
  await inTenant(db, tenantId, (tx) =>
    emit(tx, 'privacy.exported', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { userId },
    }),
  )
  return { userId, exportedAt: new Date(), holdings }
}

const holdingsOf = ({ service, read }: Source, first: PersonalDataPart): Holdings => ({
  service,
  async *records() {
    let part: PersonalDataPart | undefined = first
    while (part) {
      // One ahead, so that the service reads the next part while this one is written.
      const next: Promise<PersonalDataPart> | undefined =
        part.nextCursor === null ? undefined : read(part.nextCursor)
      next?.catch(() => undefined)
      yield part.records
      part = await next
    }
  },
})
