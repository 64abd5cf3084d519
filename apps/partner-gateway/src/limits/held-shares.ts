import type { Limited, Taken } from '../client-limits.ts'
import type { Rest, Share } from './repository.ts'

/** What this process holds of a client's minute. */
interface Held {
  readonly window: number
  /** By this process' own clock; never later than PostgreSQL ends the minute. */
  readonly endsAt: number
  left: number
  /** What nobody held when this share was taken. */
  readonly unclaimed: number
  usedAt: number
  /** Of a minute that is used up: when to ask again, in case others have given back what they held. */
  readonly askAgainAt: number
  refused: number
}

const askAgainMs = 1_000
const refusalsToAsk = 10

/** Holds the shares of this process, and admits requests by them. @param uptime a clock that nobody sets, in milliseconds */
export function holdShares(uptime: () => number) {
  const held = new Map<string, Held>()
  return {
    /** Undefined where another share has to be asked for first. */
    take({ id, rateLimitPerMinute: limit }: Limited): Taken | undefined {
      const now = uptime()
      const share = held.get(id)
      if (!share || now >= share.endsAt) return undefined
      const resetMs = share.endsAt - now
      if (share.left > 0) {
        share.left -= 1
        share.usedAt = now
        return { isAdmitted: true, limit, remaining: Math.min(limit, share.left + share.unclaimed), resetMs }
      }
      if (share.unclaimed > 0 || mayAskAgain(share, now)) return undefined
      share.refused += 1
      return { isAdmitted: false, limit, remaining: 0, resetMs }
    },

    /** @param askedAt PostgreSQL looked at its clock after this, so that its minute ends no sooner than reckoned from here */
    hold({ id, rateLimitPerMinute }: Limited, { window, granted, taken, msLeft }: Share, askedAt: number) {
      held.set(id, {
        window,
        endsAt: askedAt + msLeft,
        left: granted,
        unclaimed: Math.max(0, rateLimitPerMinute - taken),
        usedAt: askedAt,
        askAgainAt: askedAt + askAgainMs,
        refused: 0,
      })
    },

    /** Lets go of what is left of shares that were not used for so long. */
    letGo(idleMs: number): Rest[] {
      const rests: Rest[] = []
      for (const [id, { window, endsAt, left, usedAt }] of held) {
        const isOver = uptime() >= endsAt
        const isIdle = left > 0 && usedAt + idleMs <= uptime()
        if (isOver || isIdle) held.delete(id)
        if (isIdle && !isOver) rests.push({ id, window, left })
      }
      return rests
    },
  }
}

/** Whether others may have given back something of a minute that was used up: it is not asked at every request. */
const mayAskAgain = ({ refused, askAgainAt }: Held, now: number) =>
  now >= askAgainAt && refused >= refusalsToAsk
