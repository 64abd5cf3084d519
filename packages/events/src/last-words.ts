import { JetStreamApiCodes, JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { Nats } from './nats.ts'

/** What was said last about something. */
export interface LastWord {
  readonly text: string
  readonly sequence: number
}

/**
 * What was said last about each of many things, kept in a stream, outside of any database. Whoever says something new has to
 * know what was said last, so that of several who speak at once one is heard.
 */
export interface LastWords {
  /** Throws when NATS is away. It knows by itself what it has read or said before. */
  read(about: string): Promise<LastWord | undefined>
  /**
   * @param after what was said last, as far as is known
   * @returns whether it is the last word now; false where somebody else has said something meanwhile
   */
  say(about: string, text: string, after: LastWord | undefined): Promise<boolean>
  /** Has the next reading ask the stream. */
  forget(about: string): void
}

interface LastWordsOptions {
  readonly nats: Nats
  /** One that keeps a single message of each subject, and keeps it for good. */
  readonly stream: string
  /** Its subjects are `<prefix>.<about>`. */
  readonly prefix: string
}

const timeout = 2000
/** So many are remembered, to be asked for no more. */
const capacity = 20_000

export function createLastWords({ nats, stream, prefix }: LastWordsOptions): LastWords {
  const known = new Map<string, LastWord>()
  const remember = (about: string, word: LastWord) => {
    known.delete(about)
    known.set(about, word)
    for (const oldest of known.keys()) {
      if (known.size <= capacity) break
      known.delete(oldest)
    }
  }
  const connection = () => nats.connection(AbortSignal.timeout(timeout))
  // Another stream of the same name, after the first was lost, knows nothing of this.
  nats.onChange(() => known.clear())

  return {
    forget: (about) => void known.delete(about),
    async read(about) {
      const remembered = known.get(about)
      if (remembered) return remembered
      const jsm = await jetstreamManager(await connection(), { checkAPI: false, timeout })
      const message = await jsm.streams.getMessage(stream, { last_by_subj: `${prefix}.${about}` })
      if (!message) return undefined
      const word = { text: message.string(), sequence: message.seq }
      remember(about, word)
      return word
    },
    async say(about, text, after) {
      known.delete(about)
      const expect = { lastSubjectSequence: after?.sequence ?? 0 }
      try {
        const js = jetstream(await connection(), { timeout })
        const { seq } = await js.publish(`${prefix}.${about}`, text, { expect, timeout })
        remember(about, { text, sequence: seq })
        return true
      } catch (error) {
        if (error instanceof JetStreamApiError && outdated.includes(error.code)) return false
        throw error
      }
    },
  }
}

const outdated: readonly unknown[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]
