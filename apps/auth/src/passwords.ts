import { createHash, createHmac, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { inSpan } from '@gatehouse/telemetry/span'
import bcrypt from 'bcrypt'
import { hashingBusy } from './errors.ts'
import { createQueue, type QueueUse } from './queue.ts'

/** What is kept of a password. */
export interface StoredPassword {
  readonly passwordHash: string
  /** Which pepper went into the hash; null from before there was more than one. */
  readonly pepperId: string | null
}

/** Makes and checks the stored form of passwords, in the thread pool, as many at a time as there are threads for it. */
export interface Passwords {
  /**
   * The stored form: bcrypt, salted, at the cost and under the pepper in force.
   * @throws hashingBusy when so many wait already that it would take too long
   */
  hash(password: string): Promise<StoredPassword>
  /**
   * Whether the password is the one; where there is no stored form it takes as long and is false.
   * @param signal ends the wait for somebody who has gone, by its reason
   * @throws hashingBusy
   */
  matches(password: string, stored: StoredPassword | undefined, signal?: AbortSignal): Promise<boolean>
  /** Whether a stored form is what `hash` would make today. */
  isCurrent(stored: StoredPassword): boolean
  /** How busy the thread pool is with it. */
  use(): QueueUse
}

/** About whom and for what a new password is. */
export interface NewPasswordContext {
  readonly email: string
  /** Of the person, and of their company. */
  readonly names: readonly string[]
  /** In code points: `minLengths`. */
  readonly minLength: number
  /** What the request calls it; `password` where nothing is said. */
  readonly field?: 'password' | 'newPassword'
}

/**
 * Checks a password that is to be set, as NIST SP 800-63B-4, section 3.1.1.2, asks: its length, and that it is neither
 * common nor made of what anybody knows of the person. There are no rules of composition.
 * @throws passwordTooShort, passwordTooWeak with advice in `errors`; hashingBusy
 */
export type CheckNewPassword = (password: string, context: NewPasswordContext) => Promise<void>

/** The least length of a password alone, and of one that a second factor stands beside. Code points. */
export const minLengths = { alone: 15, besideSecondFactor: 8 } as const

interface Hashing {
  /** 32 bytes that the database doesn't know. */
  readonly pepper: Uint8Array
  /** The pepper before this one, whose hashes still count. */
  readonly previousPepper?: Uint8Array | undefined
  /** log2 of bcrypt's rounds. */
  readonly cost: number
  /** How many are hashed at once: the threads of libuv's pool. */
  readonly threads?: number
}

/** How long a hash may have to wait before it begins. */
const maxWaitMs = 2000

/**
 * bcrypt over HMAC-SHA-256 under a pepper: bcrypt reads at most 72 bytes and stops at a NUL, and 44 characters of base64
 * have neither trouble. A password is hashed exactly as it was received, in UTF-8, and never normalised: an é that is
 * typed as one code point and one typed as two are two passwords (OWASP ASVS 6.2.8).
 */
export async function createPasswords({
  pepper,
  previousPepper,
  cost,
  threads = availableParallelism(),
}: Hashing): Promise<Passwords> {
  const current = idOf(pepper)
  const peppers = new Map([[current, pepper]])
  if (previousPepper) peppers.set(idOf(previousPepper), previousPepper)
  const since = performance.now()
  const decoy = await bcrypt.hash(randomBytes(32).toString('base64'), cost)
  const usualMs = performance.now() - since
  const queue = createQueue({ concurrency: threads, maxWaitMs, usualMs, refuse: hashingBusy })
  const run = <T>(work: () => Promise<T>, signal?: AbortSignal) =>
    inSpan('password hash', {}, () => queue.run(work, signal))

  return {
    hash: async (password) => ({
      passwordHash: await run(() => bcrypt.hash(prehash(password, pepper), cost)),
      pepperId: current,
    }),

    async matches(password, stored, signal) {
      const theirs =
        stored && (stored.pepperId === null ? (previousPepper ?? pepper) : peppers.get(stored.pepperId))
      const [input, hash] =
        stored && theirs
          ? [prehash(password, theirs), stored.passwordHash]
          : [prehash(password, pepper), decoy]
      const isRight = await run(() => bcrypt.compare(input, hash), signal)
      return isRight && theirs !== undefined
    },

    use: queue.use,

    isCurrent: ({ passwordHash, pepperId }) =>
      pepperId === current && bcrypt.getRounds(passwordHash) === cost,
  }
}

const prehash = (password: string, pepper: Uint8Array) =>
  createHmac('sha256', pepper).update(password, 'utf8').digest('base64')

/** What tells peppers apart in the database, and gives nothing of them away. */
const idOf = (pepper: Uint8Array) => createHash('sha256').update(pepper).digest('hex').slice(0, 8)
