import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import type { QueueMail } from '@gatehouse/mail/mails'
import { v7 as uuidv7 } from 'uuid'
import { consentRoutes } from './consents/routes.ts'
import { acceptInvite } from './invites/accept-invite.ts'
import { createSendInvite } from './invites/letter.ts'
import { inviteRoutes } from './invites/routes.ts'
import { deletePerson } from './people/delete-person.ts'
import { enterOwnTenant } from './people/enter-own-tenant.ts'
import { peopleRoutes } from './people/routes.ts'
import { eraseByAdministrator } from './privacy/erase-by-administrator.ts'
import { createTellOfErasure } from './privacy/letter.ts'
import { type PrivacyDeps, privacyRoutes } from './privacy/routes.ts'
import type { ErasureDeps } from './privacy/run-erasures.ts'
import { assignmentRoutes } from './roles/assignment-routes.ts'
import { setRoles } from './roles/change-user-roles.ts'
import { roleRoutes } from './roles/routes.ts'
import { closeTenant } from './tenants/close-tenant.ts'
import { tenantRoutes, tenantStatusRoutes } from './tenants/routes.ts'
import { settingsRoutes } from './tenants/settings-routes.ts'
import { membershipRoutes } from './users/membership-routes.ts'
import type { EnterOwnTenant } from './users/remove-member.ts'
import { createRequestEmailChange } from './users/request-email-change.ts'
import { userRoutes } from './users/routes.ts'

export interface Deps extends Omit<PrivacyDeps, 'tellOfErasure'> {
  readonly db: Database
  readonly queueMail: QueueMail
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
  /** The base URL of the front end, which links in mails lead to. */
  readonly linksUrl: string
}

export function buildApp(server: ServerOptions, { db, requestKey, ...deps }: Deps) {
  const app = createServer(server)
  app.register(peopleRoutes, {
    db,
    acceptInvite,
    eraseByAdministrator: (tx, principal, id, origin) =>
      eraseByAdministrator(tx, {
        userId: id,
        deletePerson: () => deletePerson(tx, principal, { id, closeTenant }, origin),
      }),
    hurryErasures: deps.hurryErasures,
  })
  app.register(inviteRoutes, { db, requestKey, sendInvite: createSendInvite(deps) })
  app.register(userRoutes, {
    db,
    setRoles,
    requestEmailChange: createRequestEmailChange(deps),
  })
  app.register(membershipRoutes, { db, enterOwnTenant: goOnAlone })
  app.register(roleRoutes, { db, requestKey })
  app.register(assignmentRoutes, { db })
  app.register(tenantRoutes, { db, requestKey })
  app.register(tenantStatusRoutes, { db })
  app.register(settingsRoutes, { db })
  app.register(consentRoutes, { db, requestKey })
  app.register(privacyRoutes, { ...deps, db, tellOfErasure: createTellOfErasure(deps) })
  return app
}

/** Deletes somebody who asked for it, as the service itself. */
export const deleteWhoAsked: ErasureDeps['deletePerson'] = (tx, id, origin) =>
  deletePerson(tx, itself, { id, closeTenant }, origin)

const itself: Principal = {
  kind: 'service',
  id: 'directory',
  tenantId: platformTenantId,
  sessionId: undefined,
  permissions: new Set(),
}

/** Who has been removed from their last tenant goes on in one of their own. */
const goOnAlone: EnterOwnTenant = (tx, { userId, firstName, lastName }, origin) =>
  enterOwnTenant(tx, { userId, tenantId: uuidv7(), name: `${firstName} ${lastName}` }, origin)
