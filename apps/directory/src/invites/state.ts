import type { Invite } from '@gatehouse/contracts/invites'
import type { Found } from './repository.ts'

/** What has become of an invite; that it has expired shows only when it is looked at. */
export function statusOf(
  { acceptedAt, revokedAt, expiresAt }: Found['invite'],
  now: number,
): Invite['status'] {
  if (acceptedAt !== null) return 'accepted'
  if (revokedAt !== null) return 'revoked'
  return expiresAt.getTime() <= now ? 'expired' : 'pending'
}

/** An invite as its tenant sees it. */
export function shown({ invite, role }: Found, now = Date.now()): Invite {
  const { id, tenantId, email, invitedBy, createdAt, expiresAt, acceptedAt } = invite
  return {
    id,
    tenantId,
    email,
    role: role.name,
    status: statusOf(invite, now),
    invitedBy,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    acceptedAt: acceptedAt?.toISOString() ?? null,
  }
}

/** An address of which its owner recognises enough: `a•••@analytical.example`. */
export const masked = (email: string) => `${email.slice(0, 1)}•••${email.slice(email.lastIndexOf('@'))}`
