import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import type { Seal } from '@gatehouse/keys/seal'
import { createVerifierKey, type NoteSigner, type VerifierKey } from '@gatehouse/ledger/signed-note'
import * as repository from './repository.ts'

/** The keys (Ed25519) that checkpoints are signed with. */
export interface SigningKeys {
  /** What all of them sign as; the origin of a ledger is `<name>/<tenant id>`. */
  readonly name: string
  /** Those that sign: one, and while it takes over from another both. */
  readonly signers: readonly NoteSigner[]
  /** All that have ever signed. */
  readonly verifiers: readonly VerifierKey[]
}

export interface CheckpointKeys {
  /** As they are now; makes the first one. */
  load(): Promise<SigningKeys>
  /** Makes another one, which signs from now on; those before it go on beside it for so many seconds. */
  rotate(overlapSeconds: number): Promise<VerifierKey>
}

interface KeyDeps {
  readonly db: Database
  /** Of the key-encryption key. */
  readonly seal: Seal
  /** What the first key is called, and all after it. */
  readonly name: string
}

type JsonWebKey = ReturnType<typeof generateJwk>

const generateJwk = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })

/** What the key of a name is sealed about. */
export const aboutCheckpointKey = (name: string) => `checkpoint key of ${name}`

export function createCheckpointKeys({ db, seal, name: firstName }: KeyDeps): CheckpointKeys {
  const opened = new Map<string, NoteSigner>()

  // Public keys come out of the sealed ones: nobody adds one who hasn't the key-encryption key.
  const open = async ({ sealedKey, name }: { sealedKey: string; name: string }) => {
    const known = opened.get(sealedKey)
    if (known) return known
    const jwk = JSON.parse(await seal.unseal(aboutCheckpointKey(name), sealedKey)) as JsonWebKey
    const signer = signerOf(name, jwk)
    opened.set(sealedKey, signer)
    return signer
  }
  const add = (overlapSeconds: number, unlessThere: boolean) =>
    inPlatform(db, async (tx) => {
      await repository.lockKeys(tx)
      const [first] = await repository.keys(tx)
      if (first && unlessThere) return undefined
      const name = first?.name ?? firstName
      const jwk = generateJwk()
      const sealedKey = await seal.seal(aboutCheckpointKey(name), JSON.stringify(jwk))
      await repository.addKey(tx, { sealedKey, name }, overlapSeconds)
      return signerOf(name, jwk).key
    })
  const load = async (): Promise<SigningKeys> => {
    const rows = await readInPlatform(db, repository.keys)
    const [first] = rows
    if (!first) {
      await add(0, true)
      return load()
    }
    const keys = await Promise.all(rows.map(async (row) => ({ signs: row.signs, signer: await open(row) })))
    return {
      name: first.name,
      signers: keys.filter(({ signs }) => signs).map(({ signer }) => signer),
      verifiers: keys.map(({ signer }) => signer.key),
    }
  }
  return {
    load,
    async rotate(overlapSeconds) {
      const key = await add(overlapSeconds, false)
      if (!key) throw new Error('no key was made')
      return key
    },
  }
}

function signerOf(name: string, jwk: JsonWebKey): NoteSigner {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { key: createVerifierKey(name, createPublicKey(privateKey)), privateKey }
}
