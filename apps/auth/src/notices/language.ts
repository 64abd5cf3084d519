import type { Notice } from '../notify.ts'

/** What a notice says, in one language. */
export interface Wording {
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** What its link is called. */
  readonly action: string
}

/** Everything that mails say in one language: a notice without its words does not compile. */
export interface Language {
  /** Without a name to an address that nobody has proven yet: it may be a stranger's, and the name anything. */
  greeting(firstName: string | undefined): string
  footer(tenantName: string): string
  readonly notices: Readonly<Record<Exclude<Notice['kind'], 'identity_linked'>, Wording>>
  identityLinked(provider: string): Wording
}
