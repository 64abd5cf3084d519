import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import bcrypt from 'bcrypt'

export interface Task {
  readonly seconds: number
  /** log2 of the rounds. */
  readonly cost: number
}

/** Checks passwords on every core and does nothing else; says how many it has checked. */
const check = async ({ seconds, cost }: Task) => {
  const stored = await bcrypt.hash('correct horse battery staple', cost)
  const end = performance.now() + seconds * 1000
  let checked = 0
  const work = async () => {
    while (performance.now() < end) {
      await bcrypt.compare('correct horse battery staple', stored)
      checked += 1
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return checked
}

const [task] = (await once(process, 'message')) as [Task]
process.send?.(await check(task))
process.disconnect?.()
