import { PersonName } from '@gatehouse/contracts/text'

interface Given {
  readonly given_name?: string | undefined
  readonly family_name?: string | undefined
  readonly name?: string | undefined
  readonly email: string | undefined
}

/** What to call somebody, from what a provider calls them: of two names at least, as people here have them. */
export function namesOf({ given_name, family_name, name, email }: Given) {
  const [first, ...rest] = name?.trim().split(/\s+/) ?? []
  const firstName = nameOf(given_name) ?? nameOf(first) ?? nameOf(email?.split('@', 1)[0]) ?? '–'
  return { firstName, lastName: nameOf(family_name) ?? nameOf(rest.join(' ')) ?? '–' }
}

const nameOf = (text = '') => PersonName.safeParse([...text].slice(0, 100).join('')).data
