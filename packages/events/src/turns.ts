import type { Tx } from '@gatehouse/db/tenant'
import { urgentLane } from './outbox.ts'
import { firstOf, type Unsent, unsent, waitingLanes } from './unsent.ts'

interface Turn {
  /** In the order of their positions. */
  readonly messages: readonly Unsent[]
  /** Whether nothing waits besides. */
  readonly isAll: boolean
}

/** Says what is to be sent next: about a batch. */
export type Turns = (tx: Tx, batch: number) => Promise<Turn>

/**
 * Of more than goes out in one batch all tenants that have something waiting get an equal share, as do revocations; what
 * they don't need of it goes to those who need more: so that a flood of one tenant delays nobody else. Where that are too
 * many tenants for a batch, it is the turn of the others with the next.
 */
export function createTurns(): Turns {
  let after = urgentLane
  return async (tx, batch) => {
    const waiting = await unsent(tx, batch)
    if (waiting.length < batch) return { messages: inOrder(waiting), isAll: true }
    const most = Math.floor(batch / 2)
    const lanes = await waitingLanes(tx, after, most)
    after = (lanes.length > most && lanes.at(-1)) || urgentLane
    const share = Math.floor(batch / lanes.length)
    const first = await firstOf(tx, lanes, share)
    const { more = [], all = [] } = Object.groupBy(
      Map.groupBy(first, ({ lane }) => lane),
      ([, messages]) => (messages.length === share ? 'more' : 'all'),
    )
    const extra = more.length === 0 ? 0 : Math.floor((batch - first.length) / more.length)
    const messages =
      extra === 0
        ? first
        : [
            ...all.flatMap(([, some]) => some),
            ...(await firstOf(
              tx,
              more.map(([lane]) => lane),
              share + extra,
            )),
          ]
    return { messages: inOrder(messages), isAll: false }
  }
}

const inOrder = (messages: readonly Unsent[]) => messages.toSorted((a, b) => a.position - b.position)
