import type { NarrowToken } from '@gatehouse/client/ask-auth'
import type { ServiceName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'

/** What a token of a partner is exchanged for. */
export interface Wanted {
  readonly audience: ServiceName
  readonly scope: Permission
}

/** The tokens that services behind take in place of those of partners. */
export interface ExchangedTokens {
  /**
   * From memory as long as the one that auth gave is good; asked for once for all who wait. Undefined where auth takes
   * the partner's token for no good.
   * @throws Problem 503 where auth can't be asked
   */
  get(caller: Principal, token: string, wanted: Wanted, origin: Origin): Promise<string | undefined>
  /** Forgets one that the service behind did not take. */
  forget(caller: Principal, wanted: Wanted): void
}

interface Exchange {
  readonly token: Promise<string | undefined>
  /** By a clock that nobody sets; unknown while it is asked for. */
  endsAt: number
}

/** A moment before its end, so that it is still good when it arrives. */
const marginMs = 1_000

/**
 * Keeps what tokens were exchanged for with the caller that they were checked to be from: it is forgotten together with
 * that, and so never more than there are tokens known.
 */
export function exchangeTokens(narrow: NarrowToken, uptime = () => performance.now()): ExchangedTokens {
  const exchanges = new WeakMap<Principal, Map<string, Exchange>>()
  const keyOf = ({ audience, scope }: Wanted) => `${audience} ${scope}`

  const exchange = (token: string, wanted: Wanted, origin: Origin): Exchange => {
    const narrowed = narrow(token, wanted, origin)
    const pending: Exchange = {
      token: narrowed.then((given) => given?.token),
      endsAt: Number.POSITIVE_INFINITY,
    }
    narrowed.then(
      (given) => {
        pending.endsAt = given ? uptime() + given.expiresInSeconds * 1_000 - marginMs : 0
      },
      () => {
        pending.endsAt = 0
      },
    )
    return pending
  }

  return {
    get(caller, token, wanted, origin) {
      const mine = exchanges.get(caller) ?? new Map<string, Exchange>()
      exchanges.set(caller, mine)
      let known = mine.get(keyOf(wanted))
      if (!known || known.endsAt <= uptime()) {
        known = exchange(token, wanted, origin)
        mine.set(keyOf(wanted), known)
      }
      return known.token
    },
    forget: (caller, wanted) => void exchanges.get(caller)?.delete(keyOf(wanted)),
  }
}
