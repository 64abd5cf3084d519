interface BatchOptions {
  /** How many are answered together at most. */
  readonly max: number
  /** How many batches may be under way at once. */
  readonly atOnce: number
}

/**
 * Answers together what many ask at about the same time: at once while few do, and in batches that grow with the load. A
 * batch that fails is asked again one by one, so that none fails for another's sake, unless it failed for want of
 * something that all of them need (status 503).
 * @param answer gives the answers in the order of the questions
 */
export function inBatches<Q, A>(
  answer: (questions: readonly Q[]) => Promise<readonly A[]>,
  { max, atOnce }: BatchOptions,
): (question: Q) => Promise<A> {
  const waiting: Asked<Q, A>[] = []
  let underWay = 0
  let isDue = false

  const ask = async (batch: readonly Asked<Q, A>[]): Promise<void> => {
    try {
      const answers = await answer(batch.map(({ question }) => question))
      for (const [i, { settle }] of batch.entries()) settle.resolve(answers[i] as A)
    } catch (error) {
      if (batch.length > 1 && !isShared(error)) await Promise.all(batch.map((asked) => ask([asked])))
      else for (const { settle } of batch) settle.reject(error)
    }
  }
  const start = () => {
    isDue = false
    while (underWay < atOnce && waiting.length > 0) {
      underWay += 1
      void ask(waiting.splice(0, max)).then(() => {
        underWay -= 1
        start()
      })
    }
  }
  return (question) => {
    const settle = Promise.withResolvers<A>()
    waiting.push({ question, settle })
    if (!isDue) {
      isDue = true
      // Whatever else has arrived at the process by now is taken along.
      setImmediate(start)
    }
    return settle.promise
  }
}

interface Asked<Q, A> {
  readonly question: Q
  readonly settle: PromiseWithResolvers<A>
}

/** A `Problem` has a `status`, the database's own error a `statusCode`. */
const isShared = (error: unknown) =>
  typeof error === 'object' &&
  error !== null &&
  (('status' in error && error.status === 503) || ('statusCode' in error && error.statusCode === 503))
