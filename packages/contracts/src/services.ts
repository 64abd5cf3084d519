import { createApiKey, deleteApiKey, listApiKeys, rerollApiKey } from './api-keys.ts'
import { createAuditLog, exportAuditLogs, getAuditLog, listAuditLogs } from './audit-logs.ts'
import { getAuditRetention, setAuditRetention } from './audit-retention.ts'
import { getConsent, listConsentHistory, recordConsent } from './consent.ts'
import { listConsentTexts, publishConsentText } from './consent-texts.ts'
import { requestEmailVerification, verifyEmail } from './email-verification.ts'
import type { Endpoint } from './endpoint.ts'
import * as erasure from './erasure.ts'
import { type ServiceName, serviceNames } from './events.ts'
import { authorizeCall } from './forward-auth.ts'
import { health, livenessProbe, readinessProbe, ready } from './health.ts'
import { examinePartnerToken, registerPerson, resolvePrincipals, verifyPersonsEmail } from './internal.ts'
import * as invites from './invites.ts'
import { getJwks } from './jwks.ts'
import * as ledger from './ledger.ts'
import { type Entrance, entrancesTo } from './partner-api.ts'
import * as clientSecrets from './partner-client-secrets.ts'
import * as partnerClients from './partner-clients.ts'
import * as partnerToken from './partner-token.ts'
import { getPartnerClientUsage } from './partner-usage.ts'
import { changePassword, forgotPassword, resetPassword } from './passwords.ts'
import { deletePerson, reinstatePerson, suspendPerson } from './people.ts'
import {
  readAuditsPersonalData,
  readAuthsPersonalData,
  readPartnerGatewaysPersonalData,
} from './personal-data.ts'
import { exportMyData } from './privacy.ts'
import { clearRemnants, findMissingEvents } from './reconciliation.ts'
import { register } from './registration.ts'
import { assignRoles, listUserRoles, removeRoles } from './role-assignments.ts'
import { createRole, deleteRole, getRole, listPermissions, listRoles, updateRole } from './roles.ts'
import * as secondFactors from './second-factors.ts'
import { issueServiceToken } from './service-token.ts'
import * as sessions from './sessions.ts'
import * as socialLogin from './social-login.ts'
import { getTenantSettings, updateTenantSettings } from './tenant-settings.ts'
import * as tenants from './tenants.ts'
import { exchangeToken, getAuthorizationServerMetadata, introspectToken, revokeToken } from './tokens.ts'
import * as users from './users.ts'

/** What every service answers about itself. */
export const probes: readonly Endpoint[] = [health, ready, livenessProbe, readinessProbe]

const owned: Readonly<Record<ServiceName, readonly Endpoint[]>> = {
  auth: [
    register,
    sessions.login,
    sessions.refresh,
    sessions.logout,
    sessions.switchTenant,
    sessions.listMySessions,
    sessions.endMySession,
    sessions.endMyOtherSessions,
    sessions.listUserSessions,
    sessions.endUserSessions,
    sessions.endUserSession,
    verifyEmail,
    requestEmailVerification,
    forgotPassword,
    resetPassword,
    changePassword,
    secondFactors.listSecondFactors,
    secondFactors.enrolTotp,
    secondFactors.confirmTotp,
    secondFactors.removeSecondFactor,
    secondFactors.regenerateRecoveryCodes,
    secondFactors.beginMfaEnrolment,
    secondFactors.finishMfaEnrolment,
    socialLogin.startGoogleLogin,
    socialLogin.finishGoogleLogin,
    socialLogin.startGithubLogin,
    socialLogin.finishGithubLogin,
    socialLogin.startMicrosoftLogin,
    socialLogin.finishMicrosoftLogin,
    socialLogin.redeemLoginCode,
    socialLogin.listMyIdentities,
    socialLogin.linkIdentity,
    socialLogin.unlinkIdentity,
    listApiKeys,
    createApiKey,
    rerollApiKey,
    deleteApiKey,
    issueServiceToken,
    exchangeToken,
    introspectToken,
    revokeToken,
    getJwks,
    getAuthorizationServerMetadata,
    readAuthsPersonalData,
    erasure.authoriseErasure,
    erasure.eraseAtAuth,
  ],
  directory: [
    users.getMe,
    users.updateMe,
    exportMyData,
    erasure.eraseMyData,
    erasure.cancelErasure,
    erasure.getErasureRequest,
    getConsent,
    listConsentHistory,
    recordConsent,
    listConsentTexts,
    publishConsentText,
    users.listUsers,
    users.getUser,
    users.updateUser,
    users.deactivateUser,
    users.reactivateUser,
    users.removeUser,
    suspendPerson,
    reinstatePerson,
    deletePerson,
    users.leaveTenant,
    users.confirmEmail,
    listPermissions,
    listRoles,
    getRole,
    createRole,
    updateRole,
    deleteRole,
    listUserRoles,
    assignRoles,
    removeRoles,
    tenants.createTenant,
    tenants.listTenants,
    tenants.getTenant,
    tenants.updateTenant,
    tenants.deleteTenant,
    tenants.suspendTenant,
    tenants.reactivateTenant,
    tenants.restoreTenant,
    tenants.countUsers,
    getTenantSettings,
    updateTenantSettings,
    invites.createInvite,
    invites.listInvites,
    invites.revokeInvite,
    invites.resendInvite,
    invites.validateInvite,
    invites.inspectInvite,
    invites.acceptInvite,
    registerPerson,
    resolvePrincipals,
    verifyPersonsEmail,
  ],
  audit: [
    listAuditLogs,
    getAuditLog,
    exportAuditLogs,
    getAuditRetention,
    setAuditRetention,
    createAuditLog,
    findMissingEvents,
    clearRemnants,
    ledger.getCheckpoint,
    ledger.listCheckpoints,
    ledger.listCheckpointKeys,
    ledger.getInclusionProof,
    ledger.getConsistencyProof,
    readAuditsPersonalData,
    erasure.eraseAtAudit,
  ],
  'partner-gateway': [
    partnerClients.createPartnerClient,
    partnerClients.listPartnerClients,
    partnerClients.getPartnerClient,
    partnerClients.updatePartnerClient,
    partnerClients.revokePartnerClient,
    partnerClients.deletePartnerClient,
    clientSecrets.listPartnerClientSecrets,
    clientSecrets.addPartnerClientSecret,
    clientSecrets.expirePartnerClientSecret,
    clientSecrets.removePartnerClientSecret,
    getPartnerClientUsage,
    partnerToken.issuePartnerToken,
    partnerToken.refusePartnerTokenByGet,
    partnerToken.introspectPartnerToken,
    partnerToken.revokePartnerToken,
    examinePartnerToken,
    partnerToken.getPartnerJwks,
    partnerToken.getPartnerServerMetadata,
    authorizeCall,
    readPartnerGatewaysPersonalData,
    erasure.eraseAtPartnerGateway,
  ],
}

/** The partner API: an entrance to each endpoint that is open to partners. */
export const partnerApi: readonly Entrance[] = entrancesTo(owned)

/** The table of contents: which endpoints each service owns, besides the probes. */
export const services: typeof owned = {
  ...owned,
  'partner-gateway': [...owned['partner-gateway'], ...partnerApi.map(({ entrance }) => entrance)],
}

/**
 * What a gateway sends where: every path that may be called from outside, in Fastify's own notation, with any method.
 * What is hidden, internal or a probe is not among them.
 */
export const routedPaths: readonly { readonly service: ServiceName; readonly url: string }[] =
  serviceNames.flatMap((service) => {
    const visible = services[service].filter(({ schema }) => !schema.hide)
    return [...new Set(visible.map(({ url }) => url))].map((url) => ({ service, url }))
  })
