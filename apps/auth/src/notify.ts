import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Tx } from '@gatehouse/db/tenant'
import type { Letter } from '@gatehouse/mail/mails'

/** What a person is told by mail. */
export type Notice =
  | { readonly kind: 'verify_email'; readonly link: string }
  | { readonly kind: 'reset_password'; readonly link: string }
  /** To somebody as whom somebody tried to register. */
  | { readonly kind: 'email_taken'; readonly link: string }
  | { readonly kind: 'password_changed' }
  | { readonly kind: 'session_reuse' }
  | { readonly kind: 'second_factor_changed' }
  | { readonly kind: 'identity_linked'; readonly provider: string }

/**
 * Tells a person something by mail, in the language and the look of their active tenant: sent if, and only if, the
 * caller's transaction commits, which has to be in that tenant's scope or the platform's.
 */
export type Notify = (tx: Tx, who: Authority, notice: Notice) => Promise<void>

/** What `Notify` would have sent. */
export type WriteNotice = (who: Authority, notice: Notice) => Letter

/** Somebody asks, of an address, for a link to set a new password by. */
export interface ResetRequest {
  readonly email: string
  readonly origin: Origin
}
