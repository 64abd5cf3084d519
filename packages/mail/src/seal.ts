import type { Seal } from '@gatehouse/keys/seal'

/** To whom a mail is, and what it says. */
export interface Content {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What waits in the queue: a mail, or what one is to be made of when its turn comes. */
export type Sealed = { readonly content: Content } | { readonly request: unknown }

/** What a mail is sealed about. */
export const aboutMail = (id: string) => `mail ${id}`

/** Seals what nobody may read in the database: it opens in its own row alone. */
export const seal = (by: Seal, id: string, open: Sealed): Promise<string> =>
  by.seal(aboutMail(id), JSON.stringify(open))

/** @throws if it was sealed by another key or for another row, or was tampered with */
export const unseal = async (by: Seal, id: string, sealed: string): Promise<Sealed> =>
  JSON.parse(await by.unseal(aboutMail(id), sealed))
