import { createHash } from 'node:crypto'
import type { ConsentRecord, ConsentStatus } from '@gatehouse/contracts/consent'
import { ConsentType } from '@gatehouse/contracts/consent-texts'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'
import { consents } from './privacy-tables.ts'
import { purgeTenants } from './tenants/purge-tenants.ts'

const { app, db, as, enter, emitted, asSuperuser } = await harness()

/** Somebody in a tenant of their own, as they act there. */
async function somebody() {
  const { person } = await enter()
  const { tenantId, userId } = person
  const headers = await as({ tenantId, subject: userId, permissions: ['tenants:read', 'tenants:write'] })
  const call = async (method: 'GET' | 'POST', url: string, payload?: object, more = {}) => {
    const sent = { method, url: `/api${url}`, headers: { ...headers, ...more } }
    const answer = await app.inject(payload ? { ...sent, payload } : sent)
    return { status: answer.statusCode, json: answer.json() }
  }
  return {
    ...person,
    call,
    decide: (payload: object, more = {}) => call('POST', '/users/me/consent', payload, more),
    standing: async (query = ''): Promise<ConsentStatus> =>
      (await call('GET', `/users/me/consent${query}`)).json,
    history: async (query = ''): Promise<{ data: ConsentRecord[]; nextCursor: string | null }> =>
      (await call('GET', `/users/me/consent/history${query}`)).json,
    publish: (consentType: string, ...texts: readonly [locale: string, text: string][]) =>
      call('POST', `/tenants/${tenantId}/consent-texts`, {
        consentType,
        wordings: texts.map(([locale, text]) => ({ locale, text })),
      }),
  }
}

const rowsOf = (userId: string) =>
  readInPlatform(db, (tx) => tx.select().from(consents).where(eq(consents.userId, userId)))

test('G4: nobody has consented before they did, but for what is essential; the same call gives and withdraws', async () => {
  const ada = await somebody()
  const undecided = { recordedAt: null, version: null, needsRenewal: false, text: null }
  expect(await ada.standing()).toEqual({
    marketing: { ...undecided, granted: false },
    analytics: { ...undecided, granted: false },
    essential: { ...undecided, granted: true },
    third_party: { ...undecided, granted: false },
  })
  const given = await ada.decide({ consentType: 'marketing', granted: true })
  expect(given).toMatchObject({ status: 201, json: { granted: true, source: 'account', version: null } })
  expect((await ada.standing()).marketing).toMatchObject({
    granted: true,
    recordedAt: given.json.recordedAt,
  })
  const withdrawn = await ada.decide({ consentType: 'marketing', granted: false })
  expect(withdrawn.status).toBe(201)
  expect((await ada.standing()).marketing.granted).toBe(false)
  expect((await ada.history()).data).toEqual([withdrawn.json, given.json])

  const told = (await emitted()).filter(({ aggregateId }) => aggregateId === given.json.id)
  const data = { userId: ada.userId, consentType: 'marketing', granted: true, version: null }
  expect(told).toMatchObject([{ subject: 'identity.directory.consent.recorded', payload: { data } }])
})

test('G4: what is essential cannot be withdrawn, and that somebody tried leaves no record', async () => {
  const ada = await somebody()
  const refused = await ada.decide({ consentType: 'essential', granted: false })
  expect(refused).toMatchObject({ status: 409, json: { code: 'consent.essential' } })
  expect((await ada.history()).data).toEqual([])
  expect((await ada.decide({ consentType: 'essential', granted: true })).status).toBe(201)
})

const aDecision = fc.record({
  consentType: fc.constantFrom(...ConsentType.options),
  granted: fc.boolean(),
})
const aText = fc.record({ publish: fc.constantFrom(...ConsentType.options) })

test('G4: where somebody stands is the fold of their history and nothing else, whatever they and the tenant did', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.oneof({ weight: 3, arbitrary: aDecision }, aText), { maxLength: 12 }),
    async (steps) => {
      const ada = await somebody()
      for (const step of steps) {
        if ('publish' in step) await ada.publish(step.publish, ['en', `Text ${crypto.randomUUID()}`])
        else await ada.decide(step)
      }
      const { data } = await ada.history('?limit=100')
      const texts = (await ada.call('GET', `/tenants/${ada.tenantId}/consent-texts?limit=100`)).json.data
      const standing = await ada.standing()
      for (const type of ConsentType.options) {
        const folded = data
          .toReversed()
          .filter(({ consentType }) => consentType === type)
          .reduce<Partial<ConsentRecord>>((_, decision) => decision, { granted: type === 'essential' })
        const { granted, recordedAt = null, version = null } = folded
        const latest = Math.max(
          0,
          ...texts.flatMap((text: { consentType: string; version: number }) =>
            text.consentType === type ? [text.version] : [],
          ),
        )
        const isOfAnother = recordedAt !== null && granted && latest > (version ?? 0)
        expect(standing[type]).toMatchObject({ granted, recordedAt, version, needsRenewal: isOfAnother })
        expect(standing[type].text?.version ?? 0).toBe(latest)
      }
      const accepted = steps.filter(
        (step) => !('publish' in step) && (step.granted || step.consentType !== 'essential'),
      )
      expect(data).toHaveLength(accepted.length)
    },
  )
  await fc.assert(property, { numRuns: 20 })
})

test('G4: of decisions that come at once, the last of the history is the one that holds', async () => {
  const ada = await somebody()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      ada.decide({ consentType: 'analytics', granted: index % 2 === 0 }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  const pages = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof ada.history>> = await ada.history(
      `?limit=7${cursor && `&cursor=${cursor}`}`,
    )
    pages.push(...page.data)
    cursor = page.nextCursor
  }
  expect(new Set(pages.map(({ id }) => id)).size).toBe(20)
  expect((await ada.standing()).analytics).toMatchObject({
    granted: pages[0]?.granted,
    recordedAt: pages[0]?.recordedAt,
  })
  const times = pages.map(({ recordedAt }) => recordedAt)
  expect(times.toSorted().toReversed()).toEqual(times)
})

test('G4: a decision keeps the version, language and hash of the text that was shown; a new version asks again', async () => {
  const ada = await somebody()
  const published = await ada.publish('marketing', ['en', 'May we write to you?'], ['de', 'Dürfen wir?'])
  expect(published).toMatchObject({ status: 201, json: { version: 1, consentType: 'marketing' } })
  const german = createHash('sha256').update('Dürfen wir?').digest('hex')
  expect((await ada.standing('?locale=de-AT')).marketing.text).toEqual({
    version: 1,
    locale: 'de',
    text: 'Dürfen wir?',
    sha256: german,
  })
  expect((await ada.standing('?locale=fr')).marketing.text?.locale).toBe('en')
  const given = await ada.decide({ consentType: 'marketing', granted: true, version: 1, locale: 'de-AT' })
  expect(given.json).toMatchObject({ version: 1, locale: 'de', sha256: german })
  expect((await ada.standing()).marketing.needsRenewal).toBe(false)

  await ada.publish('marketing', ['en', 'May we and our friends write to you?'])
  expect((await ada.standing()).marketing).toMatchObject({ granted: true, version: 1, needsRenewal: true })
  const stale = await ada.decide({ consentType: 'marketing', granted: true, version: 1 })
  expect(stale).toMatchObject({ status: 409, json: { code: 'consent.outdated_text' } })
  const renewed = await ada.decide({ consentType: 'marketing', granted: true, version: 2 })
  expect(renewed.json).toMatchObject({ version: 2, locale: 'en' })
  expect((await ada.standing()).marketing.needsRenewal).toBe(false)
  const withdrawn = await ada.decide({ consentType: 'marketing', granted: false, version: 1 })
  expect(withdrawn.status).toBe(201)
})

test('G4: decisions and texts are only ever added to, by the application, and by whoever could do more by mistake', async () => {
  const ada = await somebody()
  await ada.publish('analytics', ['en', 'May we count you?'])
  await ada.decide({ consentType: 'analytics', granted: true })
  for (const table of ['consents', 'consent_texts'])
    for (const attempt of [`update ${table} set version = 7`, `delete from ${table}`, `truncate ${table}`]) {
      await expect(inPlatform(db, (tx) => tx.execute(sql.raw(attempt)))).rejects.toThrow('permission denied')
      await expect(asSuperuser(attempt)).rejects.toThrow('append-only')
    }
  const erase = sql`select erase_consents(${ada.userId})`
  await inPlatform(db, (tx) => tx.execute(erase))
  expect(await rowsOf(ada.userId)).toHaveLength(1)
})

test('decisions go with who made them, and with the tenant that asked', async () => {
  const [ada, grace] = [await somebody(), await somebody()]
  for (const person of [ada, grace]) {
    await person.publish('analytics', ['en', 'May we count you?'])
    await person.decide({ consentType: 'analytics', granted: true })
  }
  const headers = await as({ tenantId: platformTenantId, permissions: permissionNames })
  const url = `/api/users/${ada.userId}/delete`
  expect((await app.inject({ method: 'POST', url, headers })).statusCode).toBe(204)
  expect(await rowsOf(ada.userId)).toEqual([])
  expect(await rowsOf(grace.userId)).toHaveLength(1)
  await app.inject({ method: 'DELETE', url: `/api/tenants/${grace.tenantId}`, headers })
  await purgeTenants(db, 0)
  expect(await rowsOf(grace.userId)).toEqual([])
})

test("each tenant asks for itself: what was decided in one, and its texts, are nobody else's", async () => {
  const [ada, grace] = [await somebody(), await somebody()]
  await ada.publish('third_party', ['en', 'May we sell you?'])
  await ada.decide({ consentType: 'third_party', granted: true })
  const elsewhere = await as({ tenantId: grace.tenantId, subject: ada.userId })
  const url = '/api/users/me/consent'
  const status = await app.inject({ url, headers: elsewhere })
  expect(status.json().third_party).toMatchObject({ granted: false, text: null })
  const payload = { consentType: 'marketing', granted: true }
  const outside = await app.inject({ method: 'POST', url, headers: elsewhere, payload })
  expect(outside.statusCode).toBe(404)
  for (const answer of [
    await grace.call('GET', `/tenants/${ada.tenantId}/consent-texts`),
    await grace.call('POST', `/tenants/${ada.tenantId}/consent-texts`, {
      consentType: 'marketing',
      wordings: [{ locale: 'en', text: 'Give us everything.' }],
    }),
  ])
    expect(answer).toMatchObject({ status: 404, json: { code: 'tenant.not_found' } })
})

test('a decision, or a text, that is sent twice with one Idempotency-Key is recorded once', async () => {
  const ada = await somebody()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const payload = { consentType: 'marketing', granted: true }
  const [first, again] = [await ada.decide(payload, key), await ada.decide(payload, key)]
  expect(again).toEqual(first)
  expect((await ada.history()).data).toHaveLength(1)
  const texts = `/tenants/${ada.tenantId}/consent-texts`
  const text = { consentType: 'marketing', wordings: [{ locale: 'en', text: 'May we?' }] }
  await Promise.all([ada.call('POST', texts, text, key), ada.call('POST', texts, text, key)])
  expect((await ada.call('GET', `${texts}?consentType=marketing`)).json.data).toHaveLength(1)
  expect((await ada.call('GET', `${texts}?consentType=analytics`)).json.data).toEqual([])
})
