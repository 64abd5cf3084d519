import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { hashingBusy } from '../errors.ts'
import { createQueue } from '../queue.ts'
import type { Question, Score } from './strength-worker.ts'

/** How long the thread and its dictionaries (some 60 MB) are kept after the last question. */
const keptMs = 30_000
/** How long a question may have to wait. */
const maxWaitMs = 2000

/**
 * Scores passwords in a thread of its own, one at a time: it takes tens of milliseconds, in which the event loop would
 * answer nobody. The thread is there only while it is needed.
 */
export function createScorer() {
  const queue = createQueue({ concurrency: 1, maxWaitMs, usualMs: 50, refuse: hashingBusy })
  let thread: Thread | undefined
  let asked = 0
  let retirement: NodeJS.Timeout | undefined

  const retire = () => {
    void thread?.worker.terminate()
    thread = undefined
  }

  const threadToAsk = async () => {
    thread ??= startThread()
    const { worker, started } = thread
    await started.catch((error: unknown) => {
      thread = undefined
      throw error
    })
    return worker
  }

  /** @throws hashingBusy */
  return async (question: Question): Promise<Score> => {
    clearTimeout(retirement)
    asked += 1
    try {
      const worker = await threadToAsk()
      return await queue.run(() => ask(worker, question))
    } finally {
      asked -= 1
      if (asked === 0) retirement = setTimeout(retire, keptMs).unref()
    }
  }
}

interface Thread {
  readonly worker: Worker
  /** When its dictionaries are loaded. */
  readonly started: Promise<unknown>
}

function startThread(): Thread {
  const worker = new Worker(new URL('./strength-worker.ts', import.meta.url))
  worker.unref()
  return { worker, started: once(worker, 'message') }
}

async function ask(worker: Worker, question: Question) {
  const answered = once(worker, 'message')
  worker.postMessage(question)
  const [score] = (await answered) as [Score]
  return score
}
