import { parentPort } from 'node:worker_threads'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english, translations } from '@zxcvbn-ts/language-en'

/** What is to be scored: texts, the best of which counts, and words that anybody would try on this person. */
export interface Question {
  readonly texts: readonly string[]
  readonly words: readonly string[]
}

export interface Score {
  /** zxcvbn's, 0 to 4: below 3 it falls to 10⁸ guesses. */
  readonly score: number
  readonly advice: readonly string[]
}

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  translations,
  // Each costs a pass over all the dictionaries; who swaps more letters for signs than that has a password.
  l33tMaxSubstitutions: 8,
})

parentPort?.postMessage('started')
parentPort?.on('message', ({ texts, words }: Question) => {
  const results = texts.map((text) => zxcvbn.check(text, [...words]))
  const best = results.reduce((a, b) => (b.guesses > a.guesses ? b : a))
  const { warning, suggestions } = best.feedback
  const advice = [...(warning ? [warning] : []), ...suggestions]
  parentPort?.postMessage({ score: best.score, advice } satisfies Score)
})
