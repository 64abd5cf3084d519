#!/usr/bin/env node
import { createReadStream, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseVerifierKey, type VerifierKey } from '@gatehouse/ledger/signed-note'
import { linesOf } from './lines.ts'
import { wordsOf } from './report.ts'
import { verifyExport } from './verify-export.ts'
import { verifyProof, wordsOfProof } from './verify-proof.ts'

const help = `gatehouse-verify: is this audit log whole, in order and unchanged?

  gatehouse-verify <export.ndjson> --key <key> [--checkpoint <file>]…
  gatehouse-verify <entry.tlog-proof> --key <key>

Needs no network and no database. The file is an export of a tenant's audit log, or the proof of one entry;
- reads it from standard input.

  --key <key>          whose signature to believe: a verifier key (name+id+key), or a file with one a line.
                       May be given several times. Take it from where the operator can't change it.
  --checkpoint <file>  a checkpoint that you kept: the log must begin with what it covers. May be given
                       several times. Without one, a log that was replaced as a whole, and signed anew by
                       whoever holds the key, looks good.
  --help               this text

Ends with 0 if everything is good, with 1 if the log was tampered with (the output names the first bad entry) or cut,
and with 2 if it could not be checked.
`

const exitCodes = { good: 0, restored: 1, tampered: 1, unchecked: 2 }

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`COULD NOT CHECK. ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = exitCodes.unchecked
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      checkpoint: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.good
  }
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0) throw new Error('name one file, or - (see --help)')
  const keys = values.key.flatMap(keysOf)
  if (keys.length === 0) throw new Error('name the key whose signature to believe, with --key (see --help)')
  const checkpoints = values.checkpoint.map((name) => ({ name, note: readFileSync(name, 'utf8') }))
  const lines = linesOf(file === '-' ? process.stdin : createReadStream(file))
  const { value: first = '' } = await lines.next()
  if (first.startsWith('c2sp.org/tlog-proof')) {
    if (checkpoints.length > 0) throw new Error('a proof is held against no other checkpoint than its own')
    let text = `${first}\n`
    for await (const line of lines) text += `${line}\n`
    const report = verifyProof(text, keys)
    say(wordsOfProof(report))
    return exitCodes[report.verdict]
  }
  const report = await verifyExport(from(first, lines), { keys, checkpoints })
  say(wordsOf(report))
  return exitCodes[report.verdict]
}

/** What comes from the file could otherwise move the cursor and write a verdict of its own. */
function say(text: string) {
  const visible = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
    c === '\n' ? c : `\\u{${c.codePointAt(0)?.toString(16)}}`,
  )
  process.stdout.write(`${visible}\n`)
}

async function* from(first: string, rest: AsyncIterable<string>) {
  yield first
  yield* rest
}

function keysOf(given: string): VerifierKey[] {
  try {
    return [parseVerifierKey(given)]
  } catch {
    return readFileSync(given, 'utf8').trim().split('\n').map(parseVerifierKey)
  }
}
