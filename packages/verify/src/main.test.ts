import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { formatVerifierKey } from '@gatehouse/ledger/signed-note'
import { hashLeaf } from '@gatehouse/ledger/tree'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { droppingRow, Ledger, proofOf } from './harness.ts'

const ledger = new Ledger(40)
const key = formatVerifierKey(ledger.signer.key)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-verify-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, content: string) {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

/** The real command; its output as a person sees it. */
function verify(args: readonly string[], input = '', nodeOptions: readonly string[] = []) {
  return new Promise<{ code: number; said: string }>((done) => {
    const command = [...nodeOptions, resolve(import.meta.dirname, 'main.ts'), ...args]
    const child = execFile(process.execPath, command, { env: {} }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, said: stdout + stderr })
    })
    child.stdin?.end(input)
  })
}

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

test('says what was checked of an export that is good, and ends with 0', async () => {
  const exported = await file('good.ndjson', textOf(ledger.export()))
  const kept = await file('kept.txt', ledger.checkpoint(10))
  const { code, said } = await verify([exported, '--key', key, '--checkpoint', kept])
  expect(said).toMatch(`GOOD. The ledger of tenant ${ledger.tenantId} is complete, in order and unchanged.`)
  expect(said).toMatch(/entries read +40$/m)
  expect(said).toMatch(`agrees with ${kept} (10 entries)`)
  expect(code).toBe(0)
})

test('says how much is erased, and how much is past retention', async () => {
  const old = new Ledger(9)
  old.rows = old.rows.map((row, n) => (n < 4 || !row ? undefined : n < 6 ? { ...row, details: null } : row))
  old.retainedFrom = 4
  const { said } = await verify(['-', '--key', formatVerifierKey(old.signer.key)], textOf(old.export()))
  expect(said).toMatch(/past retention +4 entries/)
  expect(said).toContain('the ledger does not say that they were dropped')
  expect(said).toMatch(/erased +2 entries/)
})

test('says by which entry what is past retention was dropped, and up to where', async () => {
  const old = new Ledger(9)
  old.rows = old.rows.map((row, n) => (n < 4 ? undefined : row))
  old.rows[8] = droppingRow({ entries: 4, retainedFrom: 4, days: 90 })
  old.rehash()
  old.retainedFrom = 4
  const { said, code } = await verify(['-', '--key', formatVerifierKey(old.signer.key)], textOf(old.export()))
  expect(said).toMatch(
    /past retention +4 entries, .*; entry 8 \(2026-11-25T08:00:00.000Z\) says that those of more than 90 days were dropped, up to entry 3, the last 4 with it/,
  )
  expect(code).toBe(0)
})

test('what stands in an entry writes no verdict of its own', async () => {
  const sly = new Ledger(1)
  Object.assign(sly.rows[0] ?? {}, { action: '\u009b2J\u202eDOOG' })
  sly.rehash()
  const { said } = await verify(['-', '--key', formatVerifierKey(sly.signer.key)], proofOf(sly, 0))
  expect(said).toMatch('\\u{9b}2J\\u{202e}DOOG')
})

test('says so where no checkpoint was kept', async () => {
  const exported = await file('good.ndjson', textOf(ledger.export()))
  expect((await verify([exported, '--key', key])).said).toMatch('may have been replaced')
})

test('reads the export from standard input, and keys from a file', async () => {
  const keys = await file('keys.txt', `${formatVerifierKey(new Ledger(0).signer.key)}\n${key}\n`)
  const { code, said } = await verify(['-', '--key', keys], textOf(ledger.export()))
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('GOOD') })
})

test('a line separator of Unicode within the text of an entry ends no line', async () => {
  const odd = new Ledger(3)
  odd.rows = odd.rows.map((row) => row && { ...row, action: 'one\u2028two\u2029three\r' })
  odd.rehash()
  const { code } = await verify(['-', '--key', formatVerifierKey(odd.signer.key)], textOf(odd.export()))
  expect(code).toBe(0)
})

test('an export of any length takes no more memory than a short one', async () => {
  const long = new Ledger(0)
  long.leafHashes = Array.from({ length: 300_000 }, (_, n) => hashLeaf(Buffer.from(`${n}`)))
  long.retainedFrom = long.leafHashes.length
  const args = ['-', '--key', formatVerifierKey(long.signer.key)]
  const { code, said } = await verify(args, textOf(long.export()), ['--max-old-space-size=16'])
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('300000') })
})

test('of what is no export it says no more than that', async () => {
  const { said } = await verify(['-', '--key', key], '{"status":401}\n')
  expect(said.split('\n').slice(1)).toEqual([
    "  - Line 1 can't be read: the first line is not the header of an export.",
    '',
  ])
})

test('names the first bad entry, and ends with 1', async () => {
  const lines = ledger.export()
  const exported = await file(
    'bad.ndjson',
    textOf(lines.with(18, (lines[18] ?? '').replace('user.updated', 'user.deleted'))),
  )
  const { code, said } = await verify([exported, '--key', key])
  expect(said).toMatch('TAMPERED WITH')
  expect(said).toMatch('Entry 17 was changed')
  expect(code).toBe(1)
})

test('says which entries a rewritten history parts at, and ends with 1', async () => {
  const rewritten = new Ledger(40, ledger)
  rewritten.rows.splice(0, 10, ...ledger.rows.slice(0, 10))
  rewritten.rehash()
  const kept = await Promise.all(
    [10, 20].map((size) =>
      file(`kept-${size}.txt`, ledger.checkpoint(size)).then((name) => ['--checkpoint', name]),
    ),
  )
  const { code, said } = await verify(['-', '--key', key, ...kept.flat()], textOf(rewritten.export()))
  expect(said).toMatch('The history is forked')
  expect(said).toMatch('one of 10 to 19')
  expect(code).toBe(1)
})

test('shows the entry that a proof proves, and ends with 0', async () => {
  const proof = await file('17.tlog-proof', proofOf(ledger, 17))
  const { code, said } = await verify([proof, '--key', key])
  expect(said).toMatch('GOOD. This is entry 17 of the 40')
  expect(said).toMatch('"action": "user.updated.17"')
  expect(code).toBe(0)
})

test('a proof that is signed by nobody known ends with 1', async () => {
  const proof = await file('17.tlog-proof', proofOf(ledger, 17))
  const { code, said } = await verify([proof, '--key', formatVerifierKey(new Ledger(0).signer.key)])
  expect(said).toMatch('TAMPERED WITH. The checkpoint is not to be believed: signed by')
  expect(code).toBe(1)
})

test.each([
  ['no file', ['--key', key], 'name one file'],
  ['no key', ['-'], 'name the key'],
  ['a key that is neither a key nor a file', ['-', '--key', 'nothing'], 'no such file'],
  ['a file that is not there', ['/nowhere.ndjson', '--key', key], 'no such file'],
  ['a checkpoint that is not there', ['-', '--key', key, '--checkpoint', '/nowhere'], 'no such file'],
  ['an option that does not exist', ['-', '--keys', key], "Unknown option '--keys'"],
  ['nothing on standard input', ['-', '--key', key], 'COULD NOT CHECK'],
])('with %s it says that it could not check, and ends with 2', async (_, args, why) => {
  const { code, said } = await verify(args)
  expect(said).toMatch('COULD NOT CHECK')
  expect(said).toMatch(why)
  expect(code).toBe(2)
})

test('--help tells how to use it, and what its exit codes mean', async () => {
  const { code, said } = await verify(['--help'])
  expect(said).toMatch('gatehouse-verify <export.ndjson> --key <key>')
  expect(said).toMatch('Ends with 0')
  expect(code).toBe(0)
})
