import { expect, test } from 'vitest'
import { createSigner, Ledger, restartRow, rowOf } from './harness.ts'
import { verifyExport } from './verify-export.ts'

/** A ledger of 40 entries, and checkpoints of it that were kept at 10 and 30 of them. */
function open() {
  const ledger = new Ledger(40)
  const checkpoints = [10, 30].map((size) => ({ name: `kept-${size}`, note: ledger.checkpoint(size) }))
  return { ledger, checkpoint: ledger.checkpoint(), trusted: { keys: [ledger.signer.key], checkpoints } }
}

type Attack = (ledger: Ledger) => void

const { splice } = Array.prototype
const swap: Attack = ({ rows }) => {
  const [a, b] = [rows[12], rows[25]]
  rows[12] = b
  rows[25] = a
}

const removeWithHash: Attack = ({ rows, leafHashes }) => {
  rows.fill(undefined, 17, 18)
  leafHashes.fill(Buffer.alloc(0), 17, 18)
}

const lengthenSalt: Attack = ({ rows }) => {
  const details = rows[17]?.details
  const salt = Buffer.concat([Buffer.from(details?.salt ?? '', 'base64'), Buffer.of(0)])
  Object.assign(details ?? {}, { salt: salt.toString('base64') })
}

test('an export that nobody touched is good, and agrees with every checkpoint that was kept', async () => {
  const { ledger, trusted } = open()
  const report = await verifyExport(ledger.export(), trusted)
  expect(report).toMatchObject({ verdict: 'good', problems: [], entries: 40, pastRetention: 0, erased: 0 })
  expect(report.agreeing.map(({ name }) => name)).toEqual(['kept-10', 'kept-30'])
})

test('the ledger of a tenant without entries is good', async () => {
  const ledger = new Ledger(0)
  const checkpoints = [{ name: 'kept', note: ledger.checkpoint() }]
  const report = await verifyExport(ledger.export(), { keys: [ledger.signer.key], checkpoints })
  expect(report).toMatchObject({ verdict: 'good', entries: 0, agreeing: [{ name: 'kept' }] })
})

test('what is erased and what is past retention is counted, and spoils nothing', async () => {
  const { ledger, trusted } = open()
  ledger.rows = ledger.rows.map((row, n) =>
    n < 5 ? undefined : row && n < 8 ? { ...row, origin: null, details: null } : row,
  )
  ledger.retainedFrom = 5
  const report = await verifyExport(ledger.export(), trusted)
  expect(report).toMatchObject({ verdict: 'good', pastRetention: 5, erased: 3, entries: 40 })
})

test.each<[string, string, number, Attack]>([
  ['a changed action', 'changed', 17, ({ rows }) => Object.assign(rows[17] ?? {}, { action: 'user.read' })],
  [
    'a changed actor',
    'changed',
    0,
    ({ rows }) => Object.assign(rows[0] ?? {}, { actorId: crypto.randomUUID() }),
  ],
  [
    'a changed time',
    'changed',
    39,
    ({ rows }) => Object.assign(rows[39] ?? {}, { occurredAt: '2026-11-24T08:00:00.000Z' }),
  ],
  ['changed details', 'changed', 17, ({ rows }) => Object.assign(rows[17]?.details ?? {}, { value: {} })],
  ['a changed origin', 'changed', 17, ({ rows }) => Object.assign(rows[17]?.origin ?? {}, { value: {} })],
  ['a salt with a zero after it, which HMAC takes for the same', 'changed', 17, lengthenSalt],
  [
    'details that nobody committed to',
    'changed',
    17,
    ({ rows }) => Object.assign(rows[17] ?? {}, { detailsCommitment: null }),
  ],
  [
    'several changed entries',
    'changed',
    4,
    ({ rows }) => [4, 9].map((n) => Object.assign(rows[n] ?? {}, { action: 'x' })),
  ],
  ['a removed entry', 'removed', 17, ({ rows }) => rows.fill(undefined, 17, 18)],
  ['a removed entry, the later ones moved up', 'removed', 17, ({ rows }) => rows.splice(17, 1)],
  ['an inserted entry', 'inserted', 17, ({ rows }) => splice.call(rows, 17, 0, rowOf('user.read'))],
  [
    'an entry whose hash was removed',
    'removed',
    17,
    ({ leafHashes }) => leafHashes.fill(Buffer.alloc(0), 17, 20),
  ],
  ['an entry that was removed with its hash', 'removed', 17, removeWithHash],
  ['two entries that changed places', 'reordered', 12, swap],
])('%s is found, and named', async (_, kind, index, attack) => {
  const { ledger, checkpoint, trusted } = open()
  attack(ledger)
  const report = await verifyExport(ledger.export({ checkpoint }), trusted)
  expect(report.verdict).toBe('tampered')
  expect(report.problems).toMatchObject([{ kind, entries: { from: index, to: index + 1 } }])
})

test.each<[string, string, number, (lines: string[]) => unknown]>([
  ['a line that is missing', 'removed', 17, (lines) => lines.splice(18, 1)],
  ['several lines that are missing', 'removed', 17, (lines) => lines.splice(18, 3)],
  ['a line that is there twice', 'inserted', 17, (lines) => lines.splice(19, 0, lines[18] ?? '')],
  ['a line that stands further on', 'reordered', 17, (lines) => lines.splice(22, 0, ...lines.splice(18, 1))],
])('%s is found, and named', async (_, kind, index, tamper) => {
  const { ledger, trusted } = open()
  const lines = ledger.export()
  tamper(lines)
  const report = await verifyExport(lines, trusted)
  expect(report.problems).toMatchObject([{ kind, entries: { from: index, to: index + 1 } }])
})

test.each<[string, number, number, Attack]>([
  ['changed after the last one kept', 30, 40, ({ rows }) => Object.assign(rows[33] ?? {}, { action: 'x' })],
  ['changed between two', 10, 30, ({ rows }) => Object.assign(rows[17] ?? {}, { action: 'x' })],
  ['changed before the first', 0, 10, ({ rows }) => Object.assign(rows[3] ?? {}, { action: 'x' })],
  ['removed between two', 10, 30, ({ rows }) => rows.splice(17, 1)],
  ['inserted between two', 10, 30, ({ rows }) => splice.call(rows, 17, 0, rowOf('user.read'))],
  ['reordered between two', 10, 30, swap],
])('an entry %s, all hashes made anew, is bounded by the checkpoints', async (_, from, to, attack) => {
  const { ledger, checkpoint, trusted } = open()
  attack(ledger)
  ledger.leafHashes = []
  ledger.rehash()
  const report = await verifyExport(ledger.export({ checkpoint }), trusted)
  expect(report.verdict).toBe('tampered')
  expect(report.problems[0]).toMatchObject({ kind: 'rewritten', entries: { from, to } })
})

test('where some hashes were made anew and one shows, the first bad entry is bounded by both', async () => {
  const { ledger, checkpoint, trusted } = open()
  Object.assign(ledger.rows[17] ?? {}, { action: 'x' })
  ledger.rehash()
  Object.assign(ledger.rows[21] ?? {}, { action: 'x' })
  const report = await verifyExport(ledger.export({ checkpoint }), trusted)
  expect(report.problems).toMatchObject([{ kind: 'changed', entries: { from: 10, to: 22 } }])
})

test('a history that was rewritten and signed anew is forked from what was kept', async () => {
  const { ledger, trusted } = open()
  Object.assign(ledger.rows[17] ?? {}, { action: 'x' })
  ledger.rehash()
  const report = await verifyExport(ledger.export(), trusted)
  expect(report.problems).toMatchObject([{ kind: 'forked', entries: { from: 10, to: 30 } }])
})

test('a history that was rewritten and signed anew looks good to who kept no checkpoint', async () => {
  const { ledger, trusted } = open()
  Object.assign(ledger.rows[17] ?? {}, { action: 'x' })
  ledger.rehash()
  const report = await verifyExport(ledger.export(), { keys: trusted.keys })
  expect(report).toMatchObject({ verdict: 'good', agreeing: [] })
})

test('a history that was rewritten and signed by somebody else is not signed, and not what was kept', async () => {
  const { ledger, trusted } = open()
  Object.assign(ledger.rows[17] ?? {}, { action: 'x' })
  ledger.rehash()
  const checkpoint = ledger.checkpoint(40, [createSigner()])
  const report = await verifyExport(ledger.export({ checkpoint }), trusted)
  expect(report).toMatchObject({ verdict: 'tampered', checkpoint: undefined })
  expect(report.problems).toMatchObject([
    { kind: 'rewritten', entries: { from: 10, to: 30 } },
    { kind: 'not signed' },
  ])
})

test('an end that is cut off is found by the checkpoint of the export', async () => {
  const { ledger, trusted } = open()
  const report = await verifyExport(ledger.export().slice(0, -3), trusted)
  expect(report.problems).toMatchObject([{ kind: 'cut off', entries: { from: 37, to: 40 } }])
})

test('a database that is put back to an earlier day is cut off, says a later checkpoint that was kept', async () => {
  const { ledger, trusted } = open()
  const earlier = new Ledger(0, ledger)
  earlier.rows = ledger.rows.slice(0, 25)
  earlier.rehash()
  const report = await verifyExport(earlier.export(), trusted)
  expect(report.problems).toMatchObject([{ kind: 'cut off', entries: { from: 25, to: 30 } }])
})

test('entries after the end that is signed are inserted', async () => {
  const { ledger, checkpoint, trusted } = open()
  ledger.rows.push(rowOf('user.read'))
  ledger.rehash()
  const report = await verifyExport(ledger.export({ checkpoint }), trusted)
  expect(report.problems).toMatchObject([{ kind: 'inserted', entries: { from: 40, to: 41 } }])
})

test('the export of another tenant does not pass for this one', async () => {
  const { ledger, trusted } = open()
  const other = new Ledger(40, { signer: ledger.signer })
  const report = await verifyExport(other.export(), trusted)
  expect(report.problems.map(({ kind }) => kind)).toEqual(['another ledger', 'another ledger'])
})

test('another tenant does not pass for this one under its name', async () => {
  const { ledger, trusted } = open()
  const other = new Ledger(40, { signer: ledger.signer })
  const lines = other.export()
  lines[0] = JSON.stringify({ ...JSON.parse(lines[0] ?? ''), tenantId: ledger.tenantId })
  const report = await verifyExport(lines, trusted)
  expect(report.verdict).toBe('tampered')
  expect(report.problems.map(({ kind }) => kind)).toContain('another ledger')
  expect(report.problems[0]).toMatchObject({ kind: 'changed', entries: { from: 0, to: 1 } })
})

test('a checkpoint of another ledger does not pass for the one of these entries', async () => {
  const origin = `id.example.com/audit/${crypto.randomUUID()}`
  const ledger = new Ledger(5, { origin })
  const report = await verifyExport(ledger.export(), { keys: [ledger.signer.key] })
  expect(report.problems).toMatchObject([{ kind: 'another ledger' }])
})

test('a checkpoint of the same tenant at another installation is one of another ledger', async () => {
  const { ledger, trusted } = open()
  const elsewhere = new Ledger(0, { ...ledger, origin: `id.example.org/audit/${ledger.tenantId}` })
  elsewhere.leafHashes = ledger.leafHashes
  const checkpoints = [{ name: 'elsewhere', note: elsewhere.checkpoint(10) }]
  const report = await verifyExport(ledger.export(), { ...trusted, checkpoints })
  expect(report.problems).toMatchObject([
    { kind: 'another ledger', text: expect.stringContaining('elsewhere') },
  ])
})

test('during a change of keys an export is good to who knows either', async () => {
  const [old, next] = [createSigner(), createSigner()]
  const ledger = new Ledger(5)
  const lines = ledger.export({ checkpoint: ledger.checkpoint(5, [old, next]) })
  for (const { key } of [old, next]) expect((await verifyExport(lines, { keys: [key] })).verdict).toBe('good')
})

test.each<[string, (lines: string[]) => string[]]>([
  ['is empty', () => []],
  ['has no header', (lines) => lines.slice(1)],
  ['breaks off within a line', (lines) => [...lines.slice(0, -1), '{"index":39,']],
  [
    'has a member that nothing vouches for',
    (lines) => lines.with(3, (lines[3] ?? '').replace('{', '{"approved":true,')),
  ],
  [
    'has text that is none',
    (lines) => lines.with(3, (lines[3] ?? '').replace('user.updated', 'user.\\ud800')),
  ],
])('an export that %s could not be checked', async (_, spoil) => {
  const { ledger, trusted } = open()
  const report = await verifyExport(spoil(ledger.export()), trusted)
  expect(report).toMatchObject({ verdict: 'unchecked', problems: [{ kind: 'unreadable' }] })
})

test('what was found before an export breaks off stays found', async () => {
  const { ledger, checkpoint, trusted } = open()
  Object.assign(ledger.rows[17] ?? {}, { action: 'x' })
  const report = await verifyExport([...ledger.export({ checkpoint }).slice(0, 30), '{'], trusted)
  expect(report.problems.map(({ kind }) => kind)).toEqual(['changed', 'unreadable'])
  expect(report.verdict).toBe('tampered')
})

test('a kept checkpoint that is none, or signed by nobody known, leaves the export unchecked', async () => {
  const { ledger, trusted } = open()
  for (const note of ['kept\n', ledger.checkpoint(10, [createSigner()])]) {
    const report = await verifyExport(ledger.export(), { ...trusted, checkpoints: [{ name: 'kept', note }] })
    expect(report).toMatchObject({ verdict: 'unchecked', problems: [{ kind: 'unreadable' }] })
  }
})

/** A ledger of 30 entries that were signed, set back to 20, with three recorded since and then begun again. */
function begunAgain({ agreesUpTo = 20 } = {}) {
  const { ledger, trusted } = open()
  const kept = ledger.checkpoint(40)
  ledger.rows = [
    ...ledger.rows.slice(0, 20),
    rowOf('a.b'),
    rowOf('c.d'),
    restartRow({ epoch: 2, agreesUpTo, signedSize: 40 }),
  ]
  ledger.leafHashes.length = 0
  ledger.rehash()
  const again = Object.assign(ledger, { origin: ledger.origin.replace('/audit/', '/audit/2/') })
  return {
    again,
    keys: trusted.keys,
    at: Object.fromEntries(
      [...trusted.checkpoints, { name: 'kept-40', note: kept }].map((it) => [it.name, it]),
    ),
  }
}

test('F20: a ledger that was begun again after a restored backup is cut exactly where it says, and good before and after', async () => {
  const { again, keys, at } = begunAgain()
  const checkpoints = [at['kept-10'], at['kept-30'], at['kept-40']].filter((it) => it !== undefined)
  const report = await verifyExport(again.export(), { keys, checkpoints })
  expect(report).toMatchObject({ verdict: 'restored', agreeing: [{ name: 'kept-10' }] })
  expect(report.problems).toMatchObject([
    { kind: 'restored', entries: { from: 20, to: 30 }, text: expect.stringContaining('entry 22') },
    { kind: 'restored', entries: { from: 20, to: 40 }, text: expect.stringContaining('Entries 20 to 39') },
  ])
  again.rows.push(rowOf('e.f'))
  again.rehash()
  const since = { name: 'since', note: again.checkpoint(23) }
  expect(await verifyExport(again.export(), { keys, checkpoints: [since] })).toMatchObject({
    verdict: 'good',
  })
})

test('F20: a ledger that says it was begun again excuses nothing of what it says is left', async () => {
  const { again, keys, at } = begunAgain()
  again.rows[5] = rowOf('forged.one')
  again.rehash()
  const checkpoints = [at['kept-10'], at['kept-40']].filter((it) => it !== undefined)
  const report = await verifyExport(again.export(), { keys, checkpoints })
  expect(report).toMatchObject({ verdict: 'tampered' })
  expect(report.problems.map(({ kind }) => kind)).toContain('forked')
})

test('F20: a database that was set back is no restored backup while the ledger does not say so', async () => {
  const { again, keys, at } = begunAgain()
  again.rows[22] = rowOf('nothing.happened')
  again.rehash()
  const checkpoints = [at['kept-30']].filter((it) => it !== undefined)
  expect(await verifyExport(again.export(), { keys, checkpoints })).toMatchObject({ verdict: 'tampered' })
})
