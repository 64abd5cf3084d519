import { problem } from '@gatehouse/contracts/problem'

export const emailTaken = problem('user.email_taken', 409, 'Another person already has this e-mail address.')
export const userNotFound = problem('user.not_found', 404, 'There is no such person.')
export const roleNotFound = problem('role.not_found', 404, 'There is no such role.')
export const roleNameTaken = problem('role.name_taken', 409, 'The tenant has a role of this name already.')
export const systemRole = problem('role.system', 409, 'It is a role of the system, which nobody can change.')

export const roleInUse = (people: number) =>
  problem(
    'role.in_use',
    409,
    `${people === 1 ? 'One person has' : `${people} people have`} this role: take it away from them first.`,
  )()

export const unknownRoles = (names: readonly string[]) =>
  problem('role.unknown', 400, `The tenant has no such roles: ${names.join(', ')}.`)()

export const beyondOwnPermissions = (lacking: readonly string[]) =>
  problem(
    'role.beyond_own_permissions',
    403,
    `Nobody gives what they do not have themselves: ${lacking.join(', ')}.`,
  )()

export const lastAdministrator = problem(
  'tenant.last_administrator',
  409,
  'The tenant needs an administrator: make somebody else one first.',
)

export const lastAdministratorOf = (tenants: readonly string[]) =>
  problem(
    'tenant.last_administrator',
    409,
    `Nobody else administers ${tenants.join(', ')}: make somebody an administrator there first.`,
  )()

export const tenantNotFound = problem('tenant.not_found', 404, 'There is no such tenant.')
export const slugTaken = problem('tenant.slug_taken', 409, 'Another tenant goes by this slug.')
export const platformTenant = problem('tenant.platform', 409, "The platform's own tenant stays as it is.")

export const onlyThePlatform = (fields: readonly string[]) =>
  problem(
    'tenant.only_the_platform',
    403,
    `Only an administrator of the platform may change ${fields.join(', ')}.`,
  )()

export const wrongTenantStatus = (status: string) =>
  problem('tenant.wrong_status', 409, `This cannot be done to a tenant that is ${status}.`)()
export const notOneself = problem('user.not_oneself', 409, 'Nobody can do this to themselves.')
export const inviteNotFound = problem('invite.not_found', 404, 'There is no such invite.')
export const inviteNotOpen = problem(
  'invite.not_open',
  410,
  'The invite has been used or revoked, has expired, or who sent it may not invite any more. Ask for a new one.',
)
export const inviteForAnother = problem(
  'invite.for_another',
  403,
  'The invite is for another e-mail address than yours.',
)
export const inviteOpen = problem(
  'invite.open',
  409,
  'Somebody with this e-mail address is invited already: send that invite again, or revoke it first.',
)
export const alreadyMember = problem('invite.already_member', 409, 'They belong to the tenant already.')
export const tenantFull = (maxUsers: number) =>
  problem('tenant.full', 409, `The tenant can have ${maxUsers} people, and has them.`)()
export const sharedPerson = problem(
  'user.shared',
  409,
  'They belong to other tenants too: their name and address are their own to change.',
)
export const illegalStatus = (from: string, to: string) =>
  problem('user.illegal_status', 409, `Somebody who is ${from} cannot become ${to}.`)()

export const unknownEmailToken = problem(
  'user.unknown_email_token',
  404,
  'The link is not good, or not any more. Have the address changed again.',
)

export const essentialConsent = problem(
  'consent.essential',
  409,
  'The service cannot be without what is essential. To end it, leave the tenant or have your data erased.',
)
export const outdatedConsentText = problem(
  'consent.outdated_text',
  409,
  'Another text is in force by now: show that one, and ask again.',
)
export const erasureNotFound = problem('privacy.no_erasure_request', 404, 'There is no such erasure request.')
