/** Things of one kind that were counted and not yet told of. */
export interface Count<T> {
  /** The first of them. */
  readonly item: T
  readonly count: number
  readonly since: Date
}

export interface Tally<T> {
  /** Counts one more of its kind. @returns whether that is to be told at once */
  add(kind: string, item: T): boolean
  /**
   * Hands over what is to be told now: of each kind the first at once, and from then on as many as came within each window.
   * What `tell` rejects for stays to be told. @param all whether the windows are not waited for
   */
  tell(tell: (counts: readonly Count<T>[]) => Promise<void>, all?: boolean): Promise<void>
}

interface Options<T> {
  readonly windowMs: number
  /** How many kinds are told apart at a time. */
  readonly capacity: number
  /** What all those are counted as that come when there is no room for another kind. */
  beyond(item: T): T
  /** A clock that nobody sets, in milliseconds. */
  readonly uptime?: () => number
}

interface Kind<T> {
  item: T
  count: number
  since: Date
  toldAt: number
}

/** Told at once: no more in one go. */
const most = 100

/** Counts what would be too much to tell one by one, in bounded memory. */
export function createTally<T>(options: Options<T>): Tally<T> {
  const { windowMs, capacity, beyond, uptime = () => performance.now() } = options
  const kinds = new Map<string, Kind<T>>()

  const isOver = ({ toldAt }: Kind<T>) => uptime() - toldAt >= windowMs
  const isDue = (kind: Kind<T>, all: boolean) => kind.count > 0 && (all || isOver(kind))
  return {
    add(name, given) {
      const hasRoom = kinds.has(name) || kinds.size < capacity
      const [key, item] = hasRoom ? [name, given] : ['', beyond(given)]
      const known = kinds.get(key) ?? { item, count: 0, since: new Date(), toldAt: Number.NEGATIVE_INFINITY }
      if (known.count === 0) Object.assign(known, { item, since: new Date() })
      known.count += 1
      kinds.set(key, known)
      return isOver(known)
    },
    async tell(tell, all = false) {
      for (const [key, kind] of kinds) if (kind.count === 0 && isOver(kind)) kinds.delete(key)
      const due = [...kinds.values()].filter((kind) => isDue(kind, all))
      for (let at = 0; at < due.length; at += most) {
        const part = due.slice(at, at + most)
        const counts = part.map(({ item, count, since }) => ({ item, count, since }))
        await tell(counts)
        for (const [i, kind] of part.entries()) {
          kind.count -= counts[i]?.count ?? 0
          kind.since = new Date()
          kind.toldAt = uptime()
        }
      }
    },
  }
}
