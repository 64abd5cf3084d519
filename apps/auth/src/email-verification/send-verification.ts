import type { Links } from '../links.ts'
import type { Notify } from '../notify.ts'
import { issueOneTimeToken } from '../one-time-tokens.ts'
import type { SendVerification } from '../sign-in.ts'

/** Sends nothing to an address that is proven already. */
export const createSendVerification =
  ({ links, notify }: { links: Links; notify: Notify }): SendVerification =>
  async (tx, authority) => {
    const { id: userId, tenantId, email, emailVerified } = authority.user
    if (emailVerified) return
    const token = await issueOneTimeToken(tx, 'verify_email', { userId, tenantId, email })
    await notify(tx, authority, { kind: 'verify_email', link: links.verifyEmail(token) })
  }
