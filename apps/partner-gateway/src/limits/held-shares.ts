import type { Limited, Taken } from '../client-limits.ts'
import type { Demand, Rest, Share } from './repository.ts'

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
  /** Since when there are requests in the minute, how many so far, and in the one before; and how often a share was asked for. */
  readonly since: number
  asked: number
  readonly askedBefore: number
  readonly leases: number
}

const minuteMs = 60_000
const soonMs = 15_000
/** Over what the pace of a minute is taken at its beginning. */
const paceMs = 5_000
const few = 30
const askAgainMs = 1_000
const requestsToAskAgain = 20

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
      share.asked += 1
      if (share.left > 0) {
        share.left -= 1
        share.usedAt = now
        return { isAdmitted: true, limit, remaining: Math.min(limit, share.left + share.unclaimed), resetMs }
      }
      if (share.unclaimed > 0 || mayAskAgain(share, now)) return undefined
      return { isAdmitted: false, limit, remaining: 0, resetMs }
    },

    demandOf({ id, rateLimitPerMinute: limit }: Limited): Demand {
      const share = held.get(id)
      if (!share) return { soon: 0, surely: 0 }
      const { since, endsAt } = share
      const now = uptime()
      const isOver = now >= endsAt
      const [asked, before] = isOver ? [0, lately(share, now)] : [share.asked, share.askedBefore]
      const pace = Math.max(asked / Math.max(paceMs, now - since), before / minuteMs)
      const aheadMs = isOver ? soonMs : Math.min(soonMs, endsAt - now)
      return { soon: Math.ceil(pace * aheadMs), surely: Math.max(asked, before) >= limit ? few : 0 }
    },

    /** @param askedAt PostgreSQL looked at its clock after this, so that its minute ends no sooner than reckoned from here */
    hold({ id, rateLimitPerMinute }: Limited, { window, granted, taken, msLeft }: Share, askedAt: number) {
      const last = held.get(id)
      const ofMinute =
        last?.window === window
          ? { ...last, leases: last.leases + 1 }
          : { since: askedAt, asked: 0, askedBefore: last ? lately(last, askedAt) : 0, leases: 1 }
      held.set(id, {
        ...ofMinute,
        window,
        endsAt: askedAt + msLeft,
        left: granted,
        unclaimed: Math.max(0, rateLimitPerMinute - taken),
        usedAt: askedAt,
        askAgainAt: askedAt + askAgainMs,
      })
    },

    /** Lets go of what is left of shares that were not used for so long. */
    letGo(idleMs: number): Rest[] {
      const rests: Rest[] = []
      const now = uptime()
      for (const [id, share] of held) {
        const { window, endsAt, left, usedAt } = share
        // For a minute more, to know how many there were.
        if (now >= endsAt + minuteMs) held.delete(id)
        if (left === 0 || now >= endsAt || usedAt + idleMs > now) continue
        held.delete(id)
        rests.push({ id, window, left })
      }
      return rests
    },
  }
}

/** How many a minute had that is over: none, where another lies between it and the present. */
const lately = ({ asked, endsAt }: Held, now: number) => (now < endsAt + minuteMs ? asked : 0)

/**
 * Whether others may have given back something of a minute that was used up: it is not asked at every request, so that all
 * that is asked stays less than a tenth of the requests.
 */
const mayAskAgain = ({ asked, leases, askAgainAt }: Held, now: number) =>
  now >= askAgainAt && asked >= requestsToAskAgain * (leases + 1)
