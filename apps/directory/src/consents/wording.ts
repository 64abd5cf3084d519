import type { ConsentText, Wording } from '@gatehouse/contracts/consent-texts'
import type { Text } from './repository.ts'

/** The wording in a language, else in one that it is a variety of (RFC 4647, section 3.4), else the first. */
export function wordingIn({ wordings }: Text, locale: string | undefined): Wording {
  for (let tag = locale ?? ''; tag !== ''; tag = tag.slice(0, Math.max(tag.lastIndexOf('-'), 0))) {
    const found = wordings.find((wording) => wording.locale === tag)
    if (found) return found
  }
  const [first] = wordings
  if (!first) throw new Error('a text was published without words')
  return first
}

/** A text as the API shows it. */
export const shownText = ({ publishedAt, ...text }: Text): ConsentText => ({
  ...text,
  publishedAt: publishedAt.toISOString(),
})
