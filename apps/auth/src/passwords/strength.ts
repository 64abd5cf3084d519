import { passwordTooShort, passwordTooWeak } from '../errors.ts'
import { type CheckNewPassword, minLengths } from '../passwords.ts'
import { createScorer } from './scorer.ts'

/** How much of a password is scored: its beginning and its end, in code points. The whole is no weaker than a part. */
const scoredLength = 32
/** zxcvbn's "safely unguessable", 10⁸ guesses; beside a second factor "somewhat guessable", 10⁶, is enough. */
const leastScores = { alone: 3, besideSecondFactor: 2 }
/** What has to be left of a password without the words that anybody would try on this person, in code points. */
const leastRest = 8

const score = createScorer()

export const checkNewPassword: CheckNewPassword = async (
  password,
  { email, names, minLength, field = 'password' },
) => {
  const path = `body.${field}`
  if ([...password].length < minLength) {
    const message = `Must be at least ${minLength} characters: a few words are easy to remember`
    throw passwordTooShort({ errors: [{ path, message }] })
  }
  const words = wordsAbout(email, names)
  if (restWithout(words, password) < leastRest) {
    const message =
      'Must be more than your e-mail address, your name, your company or the name of this service'
    throw passwordTooWeak({ errors: [{ path, message }] })
  }
  const verdict = await score({ texts: scoredParts(password), words })
  const isAlone = minLength >= minLengths.alone
  if (verdict.score >= leastScores[isAlone ? 'alone' : 'besideSecondFactor']) return
  const advice = verdict.advice.length > 0 ? verdict.advice : ['Add more words that are less common.']
  throw passwordTooWeak({ errors: advice.map((message) => ({ path, message })) })
}

function scoredParts(password: string): string[] {
  // What is said over and over is no stronger than when it is said twice.
  const said = [...password.slice(0, 2 * periodOf(password))]
  const parts = [said.slice(0, scoredLength), said.slice(-scoredLength)]
  return parts.slice(0, said.length > scoredLength ? 2 : 1).map((part) => part.join(''))
}

/** Where a text begins again, the last time perhaps not to its end; its length if it never does. In UTF-16 code units. */
function periodOf(text: string) {
  let period = 1
  while (!text.startsWith(text.slice(period))) period += 1
  return period
}

/** What somebody who knows a person would try first; the longest first. */
function wordsAbout(email: string, names: readonly string[]) {
  const [local = '', domain = ''] = email.split('@')
  const labels = domain.split('.').slice(0, -1)
  const parts = [local, ...labels, ...names].flatMap((text) => fold(text).split(/[^\p{L}\p{N}]+/u))
  const whole = [email, local, ...names, ...names.map((name) => name.replaceAll(' ', ''))].map(fold)
  const words = new Set(['gatehouse', ...whole, ...parts].filter((word) => [...word].length >= 3))
  return [...words].sort((a, b) => b.length - a.length)
}

/** How many letters, digits and signs of a text are in none of the words. */
function restWithout(words: readonly string[], text: string) {
  const rest = words.reduce((left, word) => left.replaceAll(word, ' '), fold(text))
  return [...rest.replaceAll(/\s/gu, '')].length
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase()
